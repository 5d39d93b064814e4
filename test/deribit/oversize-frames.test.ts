import { describe, expect, it } from 'vitest'
import { OversizeSearch } from '../../src/deribit/connection/connection-channels.ts'
import * as frames from '../support/frames.ts'
import { eventually } from '../support/eventually.ts'
import { changeChannel, producing } from './producing.ts'

/** One byte over the limit of the socket. */
const OVERSIZE = 16 * 1024 * 1024 + 1
const namesOf = (count: number) => Array.from({ length: count }, (_, number) => `I${number}_USDC`)

async function withOversize(count: number, oversized: Set<string>) {
  const huge = Buffer.alloc(OVERSIZE, 'x').toString('latin1')
  const fixture = await producing(
    (channel) => {
      const instrument = channel.split('.')[1] ?? ''
      const snapshot = (changeId: number) =>
        oversized.has(instrument) ? huge : frames.snapshot({ instrument, changeId })
      return {
        snapshot: (changeId) => (channel.startsWith('book.') ? snapshot(changeId) : null),
        next: () => null,
      }
    },
    { instruments: namesOf(count), book: { mode: 'incremental', interval: '100ms' } },
  )
  await fixture.start()
  return fixture
}

describe('a snapshot over the size limit of the socket', () => {
  it.each([
    ['the only book', 1, ['I0_USDC'], 2],
    ['the first of forty', 40, ['I0_USDC'], 4],
    ['the last of forty', 40, ['I39_USDC'], 4],
    ['two of forty', 40, ['I3_USDC', 'I33_USDC'], 7],
  ])('suspends the channel of %s, and all others continue', async (_what, count, bad, most) => {
    const oversized = new Set(bad)
    const fixture = await withOversize(count, oversized)
    await fixture.pass(30_000, 500)
    const { feed, exchange, metrics } = fixture
    const channels = bad.map(changeChannel)
    // A retry may be under way, and on a busy machine its connection takes long.
    await eventually(async () => {
      if (!feed.health().isConnected) await fixture.pass(500)
      return feed.health().acknowledgedChannels > 0
    })
    expect(feed.health()).toMatchObject({
      isConnected: true,
      acknowledgedChannels: count + 2 - bad.length,
    })
    const named = fixture.logger.lines.filter(({ message }) =>
      message.startsWith('channel suspended'),
    )
    expect(named.map(({ fields }) => 'channel' in fields && fields.channel).sort()).toEqual(
      expect.arrayContaining(channels),
    )
    const closes = () => metrics.disconnects.series({ reason: 'oversize' }).value
    expect(metrics.invalidFrames.series({ reason: 'oversize' }).value).toBe(closes())
    // Retries of a channel that was found cost a connection each, less and less often.
    const found = exchange.links.length
    expect(found).toBeLessThanOrEqual(most + 3 * bad.length)
    await fixture.pass(1_200_000, 10_000)
    expect(exchange.links.length - found).toBeLessThanOrEqual(7 * bad.length)

    oversized.clear()
    await fixture.pass(1_820_000, 10_000)
    expect(feed.health()).toMatchObject({ acknowledgedChannels: count + 2, suspendedCount: 0 })
  })
})

describe('the search for the channel of an oversize frame', () => {
  /** Plays the search against a set of bad channels; gives how many connections it cost. */
  function search(
    channels: readonly string[],
    bad: ReadonlySet<string>,
    silent = new Set<string>(),
  ) {
    const oversize = new OversizeSearch()
    const found = new Set<string>()
    for (let connections = 1; connections <= 500; connections += 1) {
      const ordinary = channels.filter((name) => !found.has(name) && !oversize.isSuspect(name))
      // The snapshots of one call come in the order of its channels, up to the one that closes.
      const outstanding: string[] = []
      const ask = (group: readonly string[]): boolean => {
        const end = group.findIndex((name) => bad.has(name))
        const answered = end === -1 ? group : group.slice(0, end)
        outstanding.push(...answered.filter((name) => silent.has(name)))
        if (end !== -1) outstanding.push(...group.slice(end))
        return end !== -1
      }
      let isClosed = ask(ordinary)
      for (let group = isClosed ? null : oversize.next(); group !== null && !isClosed;) {
        isClosed = ask(group)
        if (!isClosed) group = oversize.next()
      }
      if (!isClosed) return { connections, found }
      const result = oversize.closed(outstanding)
      if (typeof result !== 'string') found.add(result.found)
    }
    throw new Error('without end')
  }
  const CHANNELS = Array.from({ length: 3000 }, (_, number) => `book.I${number}.100ms`)

  it.each([[[0]], [[2999]], [[1500]], [[7, 8]], [[3, 1000, 2000, 2999]]])(
    'finds %j of 3,000 within few connections',
    (numbers) => {
      const bad = new Set(numbers.map((number) => CHANNELS[number] ?? ''))
      const { connections, found } = search(CHANNELS, bad)
      expect(found).toEqual(bad)
      expect(connections).toBeLessThanOrEqual(1 + 6 * bad.size)
    },
  )

  it('is not misled by channels that never answer', () => {
    const bad = new Set([CHANNELS[1234] ?? ''])
    const silent = new Set(CHANNELS.filter((_name, number) => number % 100 === 0))
    const { connections, found } = search(CHANNELS, bad, silent)
    expect([...found]).toEqual([...bad])
    expect(connections).toBeLessThanOrEqual(8)
  })

  it('suspends no channel if none waits for a snapshot', () => {
    expect(new OversizeSearch().closed([])).toBe('unknown')
  })

  it('requests the same group again if the connection closed for another reason', () => {
    const oversize = new OversizeSearch()
    expect(oversize.closed(['a', 'b'])).toBe('narrowed')
    expect(oversize.next()).toEqual(['a'])
    oversize.disconnected()
    expect(oversize.isSuspect('a')).toBe(true)
    expect([oversize.next(), oversize.next(), oversize.next()]).toEqual([['a'], ['b'], null])
    expect(oversize.isSuspect('a')).toBe(false)
  })

  it('forgets a channel that is no longer subscribed', () => {
    const oversize = new OversizeSearch()
    oversize.closed(['a', 'b'])
    oversize.drop('a')
    expect([oversize.next(), oversize.next()]).toEqual([['b'], null])
  })
})
