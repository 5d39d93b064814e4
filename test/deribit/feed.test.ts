import { describe, expect, it } from 'vitest'
import { createFeedCheck } from '../../src/deribit/feed-check.ts'
import { eventually } from '../support/eventually.ts'
import * as frames from '../support/frames.ts'
import { FakeDeribit } from './fake-deribit.ts'
import { feedTo } from './line.ts'

const { BTC, ETH, BTC_PICTURES } = frames
const ETH_PICTURES = `book.${ETH}.none.10.100ms`

async function connected() {
  const exchange = await FakeDeribit.start()
  const started = feedTo(exchange.url)
  started.feed.start()
  const link = await exchange.link(1)
  await eventually(() => started.feed.health().acknowledgedChannels === 4)
  return { ...started, exchange, link }
}

describe('the feed', () => {
  it('wants the books, the state of the platform and that of the instruments', async () => {
    const { link, feed } = await connected()
    expect((await link.called('public/subscribe')).params.channels).toEqual([
      BTC_PICTURES,
      ETH_PICTURES,
      'platform_state',
      'instrument.state.any.any',
    ])
    expect(feed.health()).toMatchObject({
      isConnected: true,
      requestedChannels: 4,
      acknowledgedChannels: 4,
      missingChannels: [],
      problem: null,
    })
  })

  it('stops once and for all', async () => {
    const { feed, link, clock } = await connected()
    feed.stop()
    feed.stop()
    await eventually(() => link.isClosed)
    expect(feed.health()).toMatchObject({ isConnected: false, problem: 'stopped' })
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('the proof of a book', () => {
  it('begins with its own first picture, whatever else the connection carries', async () => {
    const { link, feed, sink, clock } = await connected()
    expect(feed.lastFrame(BTC_PICTURES)).toBeNull()
    clock.advance(100)
    link.send(frames.picture())
    await eventually(() => sink.books.length === 1)
    const proof = { timeMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
    expect(feed.lastFrame(BTC_PICTURES)).toEqual(proof)
    expect(feed.lastFrame(ETH_PICTURES)).toBeNull()
  })

  it('is then that of any frame on the connection', async () => {
    const { link, feed, sink, clock, metrics } = await connected()
    link.send(frames.picture())
    await eventually(() => sink.books.length === 1)
    clock.advance(700)
    link.send(frames.HEARTBEAT)
    await eventually(() => metrics.frames.cell({ kind: 'heartbeat' }).value === 1)
    expect(feed.lastFrame(BTC_PICTURES)?.monotonicMs).toBe(clock.monotonicMs())
  })

  it('begins anew after a reconnect: the picture of before may be an old one', async () => {
    const { link, feed, sink, clock, exchange } = await connected()
    link.send(frames.picture())
    link.send(frames.picture({ instrument: ETH }))
    await eventually(() => sink.books.length === 2)
    link.socket.terminate()
    await eventually(() => !feed.health().isConnected)
    expect(feed.lastFrame(BTC_PICTURES)).toBeNull()
    clock.advance(20_000)
    const next = await exchange.link(2)
    await eventually(() => feed.health().acknowledgedChannels === 4)
    expect(feed.lastFrame(BTC_PICTURES)).toBeNull()
    next.send(frames.picture({ changeId: 70_000_000_200 }))
    await eventually(() => sink.books.length === 3)
    expect(feed.lastFrame(BTC_PICTURES)).not.toBeNull()
    expect(feed.lastFrame(ETH_PICTURES)).toBeNull()
  })

  it('is none for a channel that nobody wants', async () => {
    const { feed } = await connected()
    expect(feed.lastFrame('book.X.none.10.100ms')).toBeNull()
  })
})

describe('the readiness of the feed', () => {
  it('fails with the reason until there is a connection', async () => {
    const exchange = await FakeDeribit.start()
    exchange.refuseWith = 503
    const { feed, clock, metrics } = feedTo(exchange.url)
    const feedCheck = createFeedCheck(feed, { staleAfterMs: 5000 }, clock)
    const check = () => feedCheck.check()
    expect(check()).toEqual({ isPassing: false, detail: 'not started' })
    feed.start()
    await eventually(() => metrics.connects.cell({ result: 'http_5xx' }).value === 1)
    await eventually(() => check().detail === 'cannot connect: http_5xx: HTTP status 503')
    expect(check().isPassing).toBe(false)
  })

  it('passes with a frame within the bound, and fails just after it', async () => {
    const { feed, clock } = await connected()
    const feedCheck = createFeedCheck(feed, { staleAfterMs: 500 }, clock)
    const check = () => feedCheck.check()
    clock.advance(500)
    expect(check()).toEqual({ isPassing: true, detail: null })
    clock.advance(1)
    expect(check()).toEqual({ isPassing: false, detail: 'no frame for 500 ms' })
  })

  it('passes and names what is not acknowledged', async () => {
    const exchange = await FakeDeribit.start()
    exchange.answer = ({ id, method }) =>
      method === 'public/subscribe' ? frames.answer(id, `["${BTC_PICTURES}"]`) : undefined
    const { feed, clock } = feedTo(exchange.url, [BTC])
    feed.start()
    await eventually(() => feed.health().acknowledgedChannels === 1)
    expect(createFeedCheck(feed, { staleAfterMs: 5000 }, clock).check()).toEqual({
      isPassing: true,
      detail: 'not acknowledged: platform_state, instrument.state.any.any',
    })
  })
})
