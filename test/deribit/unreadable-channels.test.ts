import { describe, expect, it } from 'vitest'
import * as frames from '../support/frames.ts'
import { changeChannel, groupedChannel, producing, type ChannelFrames } from './producing.ts'

const GOOD = 'GOOD-PERPETUAL'
const BAD = 'BAD-PERPETUAL'
const FIVE_MINUTES_MS = 300_000

const EXCHANGE_TIME_MS = 1_790_000_000_000
const groupedOf = (instrument: string) => (changeId: number) =>
  frames.groupedSnapshot({ instrument, changeId, exchangeTimeMs: EXCHANGE_TIME_MS + changeId })
const snapshotOf = (instrument: string) => (changeId: number) =>
  frames.snapshot({ instrument, changeId, exchangeTimeMs: EXCHANGE_TIME_MS + changeId })

/** Alters the frames of a channel. */
const altered =
  (make: (changeId: number) => string, alter: (text: string) => string) => (changeId: number) => {
    const text = make(changeId)
    const result = alter(text)
    if (result === text) throw new Error(`nothing to alter in ${text}`)
    return result
  }

const goodSnapshot: ChannelFrames = { snapshot: groupedOf(GOOD), next: groupedOf(GOOD) }
/** A quiet incremental book: its snapshot, and nothing after it. */
const goodChanges: ChannelFrames = { snapshot: snapshotOf(GOOD), next: () => null }

const always = (frame: (changeId: number) => string | null): ChannelFrames => ({
  snapshot: frame,
  next: frame,
})

const GROUPED: [what: string, reason: string, bad: ChannelFrames][] = [
  ['rows of three elements', 'unreadable', (text: string) => text.replaceAll('.0]', '.0,1]')],
  ['prices that are text', 'unreadable', (text: string) => text.replace('6.1e4', '"6.1e4"')],
  ['no change_id', 'unreadable', (text: string) => text.replace('"change_id"', '"changeId"')],
  [
    'a side that is null',
    'unreadable',
    (text: string) => text.replace(/"asks":.*]]/, '"asks":null'),
  ],
  ['another name inside', 'unreadable', (text: string) => text.replace(`"${BAD}"`, '"OTHER"')],
  ['unsorted levels', 'unreadable', (text: string) => text.replace('61002.0', '60000.5')],
  ['amounts that are infinite', 'unreadable', (text: string) => text.replace('2.5e4', '1e999')],
  ['negative amounts', 'unreadable', (text: string) => text.replace('2.5e4', '-2.5e4')],
].map(([what, reason, alter]) => [
  what as string,
  reason as string,
  always(altered(groupedOf(BAD), alter as (text: string) => string)),
])

const INCREMENTAL: [what: string, reason: string, bad: ChannelFrames][] = [
  [
    'an unknown action',
    'unreadable',
    {
      snapshot: altered(snapshotOf(BAD), (text) => text.replace('"new"', '"odd"')),
      next: () => null,
    },
  ],
  [
    'rows of two elements',
    'unreadable',
    {
      snapshot: altered(snapshotOf(BAD), (text) => text.replaceAll('"new",', '')),
      next: () => null,
    },
  ],
  [
    'negative amounts',
    'unreadable',
    {
      snapshot: altered(snapshotOf(BAD), (text) => text.replace('2.5e4', '-1.0')),
      next: () => null,
    },
  ],
  [
    'a good snapshot and then only changes that cannot be read',
    'unreadable',
    {
      snapshot: snapshotOf(BAD),
      next: (changeId) =>
        frames.change({ instrument: BAD, changeId }).replace('"bids":[]', '"bids":7'),
    },
  ],
  [
    'a gap after every snapshot',
    'gaps',
    {
      snapshot: snapshotOf(BAD),
      next: (changeId) =>
        frames.change({
          instrument: BAD,
          changeId,
          prevChangeId: changeId - 1,
          exchangeTimeMs: EXCHANGE_TIME_MS + changeId,
        }),
    },
  ],
]

async function run(mode: 'grouped' | 'incremental', bad: ChannelFrames) {
  const isGrouped = mode === 'grouped'
  const badChannel = isGrouped ? groupedChannel(BAD) : changeChannel(BAD)
  const good = isGrouped ? goodSnapshot : goodChanges
  let isBad = true
  const recovered = always(isGrouped ? groupedOf(BAD) : snapshotOf(BAD))
  const fixture = await producing(
    (channel) => {
      if (channel !== badChannel) return channel.includes(GOOD) ? good : always(() => null)
      return isBad ? bad : { ...recovered, ...(isGrouped ? {} : { next: () => null }) }
    },
    {
      instruments: [GOOD, BAD],
      book: isGrouped
        ? { mode, group: 'none', depth: 10, interval: '100ms' }
        : { mode, interval: '100ms' },
    },
  )
  await fixture.start()
  return {
    ...fixture,
    badChannel,
    recover: () => {
      isBad = false
    },
  }
}

describe.each([
  ['grouped' as const, GROUPED],
  ['incremental' as const, INCREMENTAL],
])('a %s channel that always has', (mode, faults) => {
  it.each(faults)('%s is suspended alone, with its reason', async (_what, reason, bad) => {
    const fixture = await run(mode, bad)
    const { exchange, feed, clock, sent, calls, badChannel } = fixture
    let lastGoodMs = clock.monotonicMs()
    let longestGapMs = 0
    let records = sent.length
    await fixture.pass(FIVE_MINUTES_MS, 1000, () => {
      // Frames and checkpoints are what keeps a book live.
      if (sent.slice(records).some(({ key }) => key === GOOD)) {
        longestGapMs = Math.max(longestGapMs, clock.monotonicMs() - lastGoodMs)
        lastGoodMs = clock.monotonicMs()
      }
      records = sent.length
    })
    expect(exchange.links).toHaveLength(1)
    expect(longestGapMs).toBeLessThan(3000)
    // A few before it is suspended, then few for each wait of 10, 20, 40 s and so on.
    expect(calls('public/subscribe').length).toBeLessThan(60)
    expect(calls('public/unsubscribe').length).toBeLessThan(60)
    const suspended = () => feed.health().suspendedChannels
    for (let waitedMs = 0; suspended().length === 0 && waitedMs < 60_000; waitedMs += 500) {
      await fixture.pass(500)
    }
    expect(suspended()).toMatchObject([{ channel: badChannel, reason }])
    expect(suspended()[0]?.retryTimeMs).toBeLessThan(clock.nowMs() + 301_000)
    const { requestedChannels, acknowledgedChannels } = feed.health()
    expect([requestedChannels, acknowledgedChannels]).toEqual([3, 3])
    const before = sent.length
    await fixture.pass(5000)
    expect(sent.slice(before).filter(({ key }) => key === BAD)).toEqual([])

    fixture.recover()
    await fixture.pass(305_000, 2500)
    expect(suspended()).toEqual([])
    expect(feed.health().acknowledgedChannels).toBe(4)
    const after = sent.length
    await fixture.pass(5000)
    expect(sent.slice(after).some(({ key }) => key === BAD)).toBe(true)
    expect(exchange.links).toHaveLength(1)
  })
})

describe('a channel that is acknowledged and never sends a snapshot after a resync', () => {
  it('closes the connection once, and is then suspended alone', async () => {
    let isBad = true
    let connections = 0
    let seenConnections = -1
    const fixture = await run('incremental', {
      // The first one on a connection comes, as a new connection may be all that helps.
      snapshot: (changeId) => {
        const isFirst = connections !== seenConnections
        seenConnections = connections
        return isFirst || !isBad ? snapshotOf(BAD)(changeId) : null
      },
      next: (changeId) =>
        isBad ? frames.change({ instrument: BAD, changeId, prevChangeId: changeId - 1 }) : null,
    })
    const onStep = () => {
      connections = fixture.exchange.links.length - 1
    }
    await fixture.pass(120_000, 500, onStep)
    expect(fixture.exchange.links).toHaveLength(2)
    for (let waitedMs = 0; fixture.feed.health().suspendedCount === 0 && waitedMs < 60_000;) {
      await fixture.pass(500)
      waitedMs += 500
    }
    expect(fixture.feed.health().suspendedChannels).toMatchObject([
      { channel: changeChannel(BAD), reason: 'no_snapshot' },
    ])
    isBad = false
    await fixture.pass(301_000)
    expect(fixture.feed.health().suspendedChannels).toEqual([])
  })

  it('closes a connection at most once in five minutes, whatever fails', async () => {
    const fixture = await run('incremental', { snapshot: snapshotOf(BAD), next: () => null })
    fixture.exchange.answer = ((before) => (request, link) =>
      request.method === 'public/unsubscribe' ? null : before(request, link))(
      fixture.exchange.answer,
    )
    for (let minute = 0; minute < 9; minute += 1) {
      fixture.feed.resync(changeChannel(BAD), 'gap')
      await fixture.pass(60_000, 1000)
    }
    expect(fixture.exchange.links.length).toBeLessThanOrEqual(3)
  })
})

describe('a connection with half of its books unreadable', () => {
  it.each(['grouped', 'incremental'] as const)(
    'stays open and serves the other books in %s mode',
    async (mode) => {
      const count = 300
      const names = Array.from({ length: count }, (_, number) => `I${number}-PERPETUAL`)
      const isBad = (name: string) => Number(/^I(\d+)/.exec(name)?.[1]) % 2 === 0
      const frameOf = mode === 'grouped' ? groupedOf : snapshotOf
      const fixture = await producing(
        (channel) => {
          const name = channel.split('.')[1] ?? ''
          if (!name.startsWith('I')) return always(() => null)
          const frame = frameOf(name)
          const bad = altered(frame, (text) => text.replace('"bids"', '"bid"'))
          return { snapshot: isBad(name) ? bad : frame, next: () => null }
        },
        {
          instruments: names,
          book:
            mode === 'grouped'
              ? { mode, group: 'none', depth: 10, interval: '100ms' }
              : { mode, interval: '100ms' },
        },
      )
      await fixture.start()
      await fixture.pass(120_000, 1000)
      expect(fixture.exchange.links).toHaveLength(1)
      const health = fixture.feed.health()
      expect(health.suspendedCount).toBeGreaterThan(count / 2 - 30)
      expect(health.suspendedChannels).toHaveLength(20)
      expect(fixture.calls('public/subscribe').length).toBeLessThan(60)
    },
  )
})

describe('books on several connections', () => {
  it('are suspended if unreadable, and no connection is closed', async () => {
    const names = Array.from({ length: 3200 }, (_, number) => `I${number}-PERPETUAL`)
    const isBad = (name: string) => name === 'I5-PERPETUAL' || name === 'I3100-PERPETUAL'
    const fixture = await producing(
      (channel) => {
        const name = channel.split('.')[1] ?? ''
        if (!isBad(name)) return always(() => null)
        return always(altered(groupedOf(name), (text) => text.replace('"bids"', '"bid"')))
      },
      { instruments: names },
    )
    await fixture.start()
    await fixture.pass(60_000, 500)
    expect(fixture.exchange.links).toHaveLength(2)
    const log = fixture.logger.lines.filter(({ message }) =>
      message.startsWith('channel suspended'),
    )
    expect(log.map(({ fields }) => 'channel' in fields && fields.channel)).toEqual(
      expect.arrayContaining([groupedChannel('I5-PERPETUAL'), groupedChannel('I3100-PERPETUAL')]),
    )
  })
})

describe('trades that can never be read', () => {
  it('are suspended without affecting the book of the instrument', async () => {
    const fixture = await producing(
      (channel) => {
        if (channel.startsWith('trades.'))
          return { snapshot: () => null, next: () => frames.trades(['{}'], channel) }
        return channel.startsWith('book.') ? goodSnapshot : always(() => null)
      },
      { instruments: [GOOD], withTrades: true },
    )
    await fixture.start()
    await fixture.pass(30_000)
    const [suspended] = fixture.feed.health().suspendedChannels
    expect(suspended).toMatchObject({ channel: `trades.${GOOD}.100ms`, reason: 'unreadable' })
    expect(fixture.exchange.links).toHaveLength(1)
    expect(fixture.sent.at(-1)?.key).toBe(GOOD)
  })
})
