import { describe, expect, it } from 'vitest'
import { createFeedCheck } from '../../src/app/readiness.ts'
import { eventually } from '../support/eventually.ts'
import * as frames from '../support/frames.ts'
import { FakeDeribit } from './fake-deribit.ts'
import { feedTo } from './feed-connection.ts'
import { instrumentJson } from './instruments/infos.ts'

const { BTC, ETH, BTC_GROUPED } = frames
const ETH_GROUPED = `book.${ETH}.none.10.100ms`

const checkOptions = (staleAfterMs: number) => ({
  staleAfterMs,
  instruments: [BTC, ETH],
  isShard: false,
})

async function connected() {
  const exchange = await FakeDeribit.start()
  const started = feedTo(exchange.url)
  started.feed.start()
  const link = await exchange.link(1)
  await eventually(() => started.feed.health().acknowledgedChannels === 4)
  return { ...started, exchange, link }
}

describe('the feed', () => {
  it('subscribes to the books, the platform state and the instrument states', async () => {
    const { link, feed } = await connected()
    expect((await link.called('public/subscribe')).params.channels).toEqual([
      'platform_state',
      'instrument.state.any.any',
      BTC_GROUPED,
      ETH_GROUPED,
    ])
    expect(feed.health()).toMatchObject({
      isConnected: true,
      requestedChannels: 4,
      acknowledgedChannels: 4,
      missingChannels: [],
      problem: null,
    })
  })

  it('stops for good, also when stopped twice', async () => {
    const { feed, link, clock } = await connected()
    feed.stop()
    feed.stop()
    await eventually(() => link.isClosed)
    expect(feed.health()).toMatchObject({ isConnected: false, problem: 'stopped' })
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('the verification of a book', () => {
  it('begins with its own first snapshot, not with frames of other channels', async () => {
    const { link, feed, sink, clock } = await connected()
    expect(feed.lastFrame(BTC_GROUPED)).toBeNull()
    clock.advance(100)
    link.send(frames.groupedSnapshot())
    await eventually(() => sink.books.length === 1)
    const frameInstant = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
    expect(feed.lastFrame(BTC_GROUPED)).toEqual(frameInstant)
    expect(feed.lastFrame(ETH_GROUPED)).toBeNull()
  })

  it('is extended by any frame on the connection afterwards', async () => {
    const { link, feed, sink, clock, metrics } = await connected()
    link.send(frames.groupedSnapshot())
    await eventually(() => sink.books.length === 1)
    clock.advance(700)
    link.send(frames.HEARTBEAT)
    await eventually(() => metrics.frames.series({ kind: 'heartbeat' }).value === 1)
    expect(feed.lastFrame(BTC_GROUPED)?.monotonicMs).toBe(clock.monotonicMs())
  })

  it('begins again after a reconnect, because the snapshot may be old', async () => {
    const { link, feed, sink, clock, exchange } = await connected()
    link.send(frames.groupedSnapshot())
    link.send(frames.groupedSnapshot({ instrument: ETH }))
    await eventually(() => sink.books.length === 2)
    link.socket.terminate()
    await eventually(() => !feed.health().isConnected)
    expect(feed.lastFrame(BTC_GROUPED)).toBeNull()
    clock.advance(1)
    const next = await exchange.link(2)
    await eventually(() => feed.health().acknowledgedChannels === 4)
    expect(feed.lastFrame(BTC_GROUPED)).toBeNull()
    next.send(frames.groupedSnapshot({ changeId: 70_000_000_200 }))
    await eventually(() => sink.books.length === 3)
    expect(feed.lastFrame(BTC_GROUPED)).not.toBeNull()
    expect(feed.lastFrame(ETH_GROUPED)).toBeNull()
  })

  it('is null for a channel that is not requested', async () => {
    const { feed } = await connected()
    expect(feed.lastFrame('book.X.none.10.100ms')).toBeNull()
  })
})

describe('the details of an instrument', () => {
  const state = (instrument: string, status: string) =>
    frames.notification(
      'instrument.state.any.any',
      `{"instrument_name":"${instrument}","state":"${status}","timestamp":1790000000000}`,
    )
  const platform = (data: string) => frames.notification('platform_state', data)

  /** A feed whose exchange gives another tick size with each answer: 1, 2 and so on. */
  async function withTicks() {
    const exchange = await FakeDeribit.start()
    let tick = 0
    exchange.answer = ({ id, method }) =>
      method === 'public/get_instrument'
        ? frames.answer(id, JSON.stringify(instrumentJson(frames.BTC, { tick_size: (tick += 1) })))
        : undefined
    let isMaintenance = false
    const started = feedTo(exchange.url, [frames.BTC], {}, () => isMaintenance)
    started.feed.start()
    const link = await exchange.link(1)
    const tickIs = (size: number) =>
      eventually(() => started.feed.instruments()[0]?.tickSize === size)
    await tickIs(1)
    return {
      ...started,
      link,
      tickIs,
      setMaintenance: (isOn: boolean) => {
        isMaintenance = isOn
      },
    }
  }

  it('are requested again when it trades again', async () => {
    const { link, clock, sink, tickIs } = await withTicks()
    link.send(state(frames.BTC, 'open'))
    link.send(state(frames.BTC, 'locked'))
    link.send(state(frames.BTC, 'open'))
    await eventually(() => sink.statuses.length === 3)
    clock.advance(1000)
    await tickIs(2)
    expect(link.of('public/get_instrument')).toHaveLength(2)
  })

  it('are requested again when maintenance ends on a connection that stayed open', async () => {
    const { link, sink, tickIs, setMaintenance } = await withTicks()
    link.send(platform('{"maintenance":false}'))
    await eventually(() => sink.maintenance.length === 1)
    setMaintenance(true)
    link.send(platform('{"maintenance":false}'))
    await tickIs(2)
    expect(link.of('public/get_instrument')).toHaveLength(2)
  })
})

describe('the readiness of the feed', () => {
  it('fails with the reason until there is a connection', async () => {
    const exchange = await FakeDeribit.start()
    exchange.refuseWith = 503
    const { feed, clock, metrics } = feedTo(exchange.url)
    const feedCheck = createFeedCheck(feed, checkOptions(5000), clock)
    const check = () => feedCheck.check()
    expect(check()).toEqual({ isPassing: false, detail: 'not started' })
    feed.start()
    await eventually(() => metrics.connects.series({ result: 'http_5xx' }).value === 1)
    await eventually(() => check().detail === 'cannot connect: http_5xx: HTTP status 503')
    expect(check().isPassing).toBe(false)
  })

  it('passes with a frame within the limit, and fails just after it', async () => {
    const { feed, clock } = await connected()
    const feedCheck = createFeedCheck(feed, checkOptions(500), clock)
    const check = () => feedCheck.check()
    clock.advance(500)
    expect(check()).toEqual({ isPassing: true, detail: null })
    clock.advance(1)
    expect(check()).toEqual({ isPassing: false, detail: 'no frame for 500 ms' })
  })

  it('passes and names unacknowledged channels', async () => {
    const exchange = await FakeDeribit.start()
    exchange.answer = ({ id, method }) =>
      method === 'public/subscribe' ? frames.answer(id, `["${BTC_GROUPED}"]`) : undefined
    const { feed, clock } = feedTo(exchange.url, [BTC])
    feed.start()
    await eventually(() => feed.health().acknowledgedChannels === 1)
    expect(createFeedCheck(feed, checkOptions(5000), clock).check()).toEqual({
      isPassing: true,
      detail: 'not acknowledged: platform_state, instrument.state.any.any',
    })
  })

  describe('without a book of any instrument', () => {
    async function refusing(names: string[], isShard = false) {
      const exchange = await FakeDeribit.start()
      exchange.answer = ({ id, method }) =>
        method === 'public/subscribe'
          ? frames.answer(id, '["platform_state","instrument.state.any.any"]')
          : undefined
      const { feed, clock } = feedTo(exchange.url, names)
      const options = { staleAfterMs: 5000, instruments: names, isShard }
      feed.start()
      await eventually(() => feed.health().acknowledgedChannels === 2)
      return createFeedCheck(feed, options, clock).check()
    }

    it('fails and lists INSTRUMENTS, even if the connection is open', async () => {
      const { isPassing, detail } = await refusing(['NONSENSE'])
      expect(isPassing).toBe(false)
      expect(detail).toMatch(/^no book is subscribed \(INSTRUMENTS=NONSENSE\); /)
      expect(detail).toContain('book.NONSENSE.none.10.100ms')
    })

    it('lists at most ten instruments', async () => {
      const names = Array.from({ length: 11 }, (_, index) => `N${index}`)
      const { detail } = await refusing(names)
      expect(detail).toContain('(INSTRUMENTS=N0,N1,N2,N3,N4,N5,N6,N7,N8,N9,...)')
    })

    it('fails if a selector selects nothing, but passes in one of several shards', async () => {
      expect((await refusing(['future:NONE'])).isPassing).toBe(false)
      expect(await refusing(['future:NONE'], true)).toEqual({ isPassing: true, detail: null })
    })
  })
})

describe('selected instruments', () => {
  const GROUPED = (name: string) => `book.${name}.none.10.100ms`

  /** An exchange with these futures, and a feed that wants all of BTC. */
  async function selecting(listed: () => readonly object[], selectors = ['future:BTC']) {
    const exchange = await FakeDeribit.start()
    exchange.answer = ({ id, method }) =>
      method === 'public/get_instruments' ? frames.answer(id, JSON.stringify(listed())) : undefined
    const started = feedTo(exchange.url, selectors)
    started.feed.start()
    return { ...started, exchange, link: await exchange.link(1) }
  }
  const stateOf = (name: string, state: string) =>
    frames.notification(
      'instrument.state.any.any',
      JSON.stringify({ instrument_name: name, state, timestamp: 1_790_000_000_000 }),
    )

  it('are subscribed when their list arrives, and their details are passed on', async () => {
    const { link, feed, sink } = await selecting(() => [instrumentJson('A'), instrumentJson('B')])
    await eventually(() => feed.health().acknowledgedChannels === 4)
    expect((await link.called('public/subscribe', 2)).params.channels).toEqual([
      GROUPED('A'),
      GROUPED('B'),
    ])
    expect(sink.infos.map(({ instrument }) => instrument)).toEqual(['A', 'B'])
    expect(feed.instruments()).toHaveLength(2)
  })

  it('are subscribed when they are listed later', async () => {
    const listed = [instrumentJson('A')]
    const { link, feed, clock } = await selecting(() => listed)
    await eventually(() => feed.health().acknowledgedChannels === 3)
    listed.push(instrumentJson('NEW'))
    link.send(stateOf('NEW', 'open'))
    await eventually(() => {
      clock.advance(100)
      return feed.health().acknowledgedChannels === 4
    })
  })

  it('are unsubscribed when they are delivered, after their status is published', async () => {
    const { link, feed, sink, clock } = await selecting(() => [
      instrumentJson('A'),
      instrumentJson('B'),
    ])
    await eventually(() => feed.health().acknowledgedChannels === 4)
    link.send(stateOf('A', 'delivered'))
    await eventually(() => sink.statuses.length > 0)
    expect(sink.statuses).toEqual([['A', 'delivered']])
    clock.advance(100)
    expect((await link.called('public/unsubscribe')).params.channels).toEqual([GROUPED('A')])
    expect(sink.dropped).toEqual([GROUPED('A')])
    expect([...sink.carried]).toEqual(['B'])
    expect(feed.health().requestedChannels).toBe(3)
    expect(feed.lastFrame(GROUPED('A'))).toBeNull()
  })

  it('that expire by the hundred are unsubscribed in few calls', async () => {
    const names = Array.from({ length: 300 }, (_, number) => `BTC-25DEC26-${number}-C`)
    const { link, feed, clock } = await selecting(() => names.map((name) => instrumentJson(name)))
    await eventually(() => feed.health().acknowledgedChannels === 302)
    for (const name of names) link.send(stateOf(name, 'delivered'))
    await eventually(() => feed.health().requestedChannels === 2)
    clock.advance(100)
    await link.called('public/unsubscribe')
    expect(link.of('public/unsubscribe')).toHaveLength(1)
    expect(link.of('public/unsubscribe')[0]?.params.channels).toHaveLength(300)
  })

  it('do not publish the status of instruments that are not selected', async () => {
    const { link, feed, sink } = await selecting(() => [instrumentJson('A')])
    await eventually(() => feed.health().acknowledgedChannels === 3)
    link.send(stateOf('X', 'halted'))
    link.send(stateOf('A', 'halted'))
    await eventually(() => sink.statuses.length > 0)
    expect(sink.statuses).toEqual([['A', 'halted']])
  })

  it('are not counted as expected before their lists are known', () => {
    expect(feedTo('ws://127.0.0.1:1', ['A', 'future:BTC']).feed.expectedCount()).toBeNull()
    expect(feedTo('ws://127.0.0.1:1', ['A']).feed.expectedCount()).toBe(1)
  })

  it('over the limit are excluded and counted', async () => {
    const { feed, logger } = await selecting(
      () => [instrumentJson('C'), instrumentJson('A'), instrumentJson('B')],
      ['future:BTC'],
    )
    await eventually(() => feed.health().acknowledgedChannels === 5)
    expect(feed.overLimitCount).toBe(0)
    expect(feed.expectedCount()).toBe(3)
    expect(logger.lines.some(({ message }) => message.includes('over MAX_INSTRUMENTS'))).toBe(false)
    const capped = feedTo('ws://127.0.0.1:1', ['A', 'B', 'C'], { maxInstruments: 2 })
    expect(capped.feed.overLimitCount).toBe(1)
    expect(capped.feed.expectedCount()).toBe(2)
    expect([capped.feed.isWanted('B'), capped.feed.isWanted('C')]).toEqual([true, false])
    expect(capped.feed.health().requestedChannels).toBe(4)
    expect(capped.logger.lines.at(-1)).toMatchObject({ fields: { count: 1, named: ['C'] } })
  })
})

describe('more channels than one connection carries', () => {
  const NAMES = Array.from({ length: 3500 }, (_, number) => `BTC-25DEC26-${number}-C`)

  it('are spread over several connections, and the feed is connected only if all are open', async () => {
    const exchange = await FakeDeribit.start()
    const { feed, sink, clock } = feedTo(exchange.url, NAMES, { maxInstruments: 10_000 })
    feed.start()
    const [first, second] = [await exchange.link(1), await exchange.link(2)]
    await eventually(() => {
      clock.advance(500)
      return feed.health().acknowledgedChannels === 3502
    })
    const asked = (link: typeof first) =>
      link.of('public/subscribe').flatMap(({ params }) => params.channels ?? [])
    expect([asked(first).length, asked(second).length]).toEqual([3000, 502])
    expect(new Set([...asked(first), ...asked(second)]).size).toBe(3502)

    // The second connection is alive without a frame; its books are verified by its own frames only.
    const [early = '', late = ''] = [NAMES[0], NAMES.at(-1)]
    first.send(frames.groupedSnapshot({ instrument: early }))
    second.send(frames.groupedSnapshot({ instrument: late }))
    await eventually(() => sink.books.length === 2)
    expect(feed.lastFrame(`book.${late}.none.10.100ms`)).not.toBeNull()
    second.socket.terminate()
    await eventually(() => !feed.health().isConnected)
    expect(feed.health().problem).toBe('disconnected: error')
    expect(feed.lastFrame(`book.${late}.none.10.100ms`)).toBeNull()
    expect(feed.lastFrame(`book.${early}.none.10.100ms`)).not.toBeNull()
  })
})
