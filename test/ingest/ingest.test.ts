import { describe, expect, it } from 'vitest'
import * as frames from '../support/frames.ts'
import { ingestFixture } from './ingest-fixture.ts'

const { groupedSnapshot, snapshot, change, BTC, BTC_GROUPED, BTC_CHANGES, BTC_TRADES } = frames

const BAD_SNAPSHOT = groupedSnapshot({ changeId: 200 }).replace('61002.0', '61000.5')

describe('a frame that passed the parser', () => {
  it('becomes one record: byte for byte, by instrument, with the time of its receipt', () => {
    const { receive, producer, clock } = ingestFixture()
    const text = groupedSnapshot().replace('"jsonrpc"', ' "jsonrpc"')
    clock.advance(123)
    receive(text)
    expect(producer.sent).toEqual([
      {
        topic: 'prices',
        key: BTC,
        channel: BTC_GROUPED,
        value: Buffer.from(text),
        timestampMs: clock.nowMs(),
        kind: 'frame',
        isWhole: true,
        receivedMonotonicMs: clock.monotonicMs(),
      },
    ])
  })

  it('is copied out of the reused chunk of the socket', () => {
    const { ingest, producer } = ingestFixture()
    const chunk = Buffer.from(frames.trades([frames.trade()]))
    const before = chunk.toString()
    ingest.onTrades(
      { type: 'trades', channel: BTC_TRADES, instrument: BTC, trades: [] },
      { bytes: chunk, receivedTimeMs: 1, receivedMonotonicMs: 1, answers: null },
    )
    chunk.fill(0)
    expect(producer.sent[0]?.value.toString()).toBe(before)
  })

  it('is written to the trades topic if it holds trades', () => {
    const fixture = ingestFixture()
    fixture.receive(frames.trades([frames.trade()]))
    expect(fixture.producer.sent).toMatchObject([
      { topic: 'trades', key: BTC, channel: BTC_TRADES },
    ])
    expect([fixture.frames('book'), fixture.frames('trades')]).toEqual([0, 1])
  })

  it.each([
    ['a duplicate', [groupedSnapshot(), groupedSnapshot()]],
    ['an older snapshot', [groupedSnapshot({ changeId: 9 }), groupedSnapshot({ changeId: 8 })]],
    ['a change before any snapshot', [change()]],
    [
      'a change after a gap',
      [
        snapshot({ changeId: 1 }),
        change({ changeId: 9, prevChangeId: 8 }),
        change({ changeId: 10, prevChangeId: 9 }),
      ],
    ],
    [
      'a crossed, a locked and an empty snapshot',
      [
        groupedSnapshot({ bids: [[9, 1]], asks: [[8, 1]] }),
        groupedSnapshot({ changeId: 70_000_000_101, bids: [[8, 1]], asks: [[8, 1]] }),
        groupedSnapshot({ changeId: 70_000_000_102, bids: [], asks: [] }),
      ],
    ],
  ])('is produced also where it is %s', (_what, texts) => {
    const fixture = ingestFixture()
    for (const text of texts) fixture.receive(text)
    expect(fixture.producer.sent.map(({ value }) => value.toString())).toEqual(texts)
    expect(fixture.frames('book')).toBe(texts.length)
    expect(fixture.badLevels()).toBe(0)
  })
})

describe('a frame that a newer one superseded before it was parsed', () => {
  it('counts as received and as dropped, and changes nothing else', () => {
    const { ingest, producer, frames: received } = ingestFixture()
    expect(ingest.isOverloaded).toBe(false)
    producer.isOverloaded = true
    expect(ingest.isOverloaded).toBe(true)
    ingest.onSuperseded()
    expect(received('book')).toBe(1)
    expect(producer.superseded).toEqual(['prices'])
    expect(producer.sent).toEqual([])
  })
})

describe('a frame with invalid levels', () => {
  it.each([
    ['unsorted', BAD_SNAPSHOT],
    ['non_finite', groupedSnapshot().replace('6.1e4', '1e999')],
    ['negative', snapshot().replace('1.8e4', '-1.8e4')],
    ['negative', change({ bids: [['new', 5, 1]] }).replace('5.0,1.0', '5.0,-1.0')],
  ])('is counted and not produced: %s', (problem, text) => {
    const fixture = ingestFixture()
    fixture.receive(text)
    expect(fixture.producer.sent).toEqual([])
    expect([fixture.badLevels(), fixture.frames('book')]).toEqual([1, 0])
    expect(fixture.logger.lines).toMatchObject([{ level: 'warn', fields: { problem } }])
  })

  it('resyncs an incremental book at once', () => {
    const { receive, feed } = ingestFixture()
    receive(snapshot())
    receive(change({ bids: [['new', 5, 1]] }).replace('5.0,1.0', '5.0,-1.0'))
    expect(feed.resyncs).toEqual([[BTC_CHANGES, 'invalid_frame']])
  })

  it('resyncs a grouped book only if no snapshot comes within 5 s', () => {
    const { receive, feed, clock } = ingestFixture()
    receive(groupedSnapshot({ changeId: 1 }))
    receive(BAD_SNAPSHOT)
    receive(BAD_SNAPSHOT)
    clock.advance(4999)
    expect(feed.resyncs).toEqual([])
    clock.advance(1)
    expect(feed.resyncs).toEqual([[BTC_GROUPED, 'invalid_frame']])
    clock.advance(60_000)
    expect(feed.resyncs).toHaveLength(1)
  })

  it('does not resync if a valid snapshot came by itself', () => {
    const { receive, feed, clock } = ingestFixture()
    receive(BAD_SNAPSHOT)
    receive(groupedSnapshot({ changeId: 201 }))
    clock.advance(60_000)
    expect(feed.resyncs).toEqual([])
  })

  it('resyncs in the same way after an unreadable frame', () => {
    const { receive, feed, clock } = ingestFixture()
    receive(groupedSnapshot())
    receive(groupedSnapshot().replace('"bids"', '"bid"'))
    receive(snapshot())
    receive(snapshot().replace('"asks"', '"ask"'))
    expect(feed.resyncs).toEqual([[BTC_CHANGES, 'invalid_frame']])
    clock.advance(5000)
    expect(feed.resyncs).toEqual([
      [BTC_CHANGES, 'invalid_frame'],
      [BTC_GROUPED, 'invalid_frame'],
    ])
  })

  it('resyncs at once if it was the first frame of its channel, as the next may take long', () => {
    const { ingest, feed } = ingestFixture()
    ingest.onBrokenBook('book.NEW.100ms')
    expect(feed.resyncs).toEqual([['book.NEW.100ms', 'invalid_frame']])
  })
})

describe('the sequence of an incremental channel', () => {
  it('resyncs once when it breaks', () => {
    const { receive, feed, gaps } = ingestFixture()
    receive(snapshot({ changeId: 100 }))
    receive(change({ changeId: 120, prevChangeId: 100 }))
    receive(change({ changeId: 140, prevChangeId: 130 }))
    receive(change({ changeId: 150, prevChangeId: 140 }))
    expect(feed.resyncs).toEqual([[BTC_CHANGES, 'gap']])
    expect(gaps(BTC)).toBe(1)
  })

  it('distinguishes restarted ids from a gap', () => {
    const { receive, feed } = ingestFixture()
    receive(snapshot({ changeId: 100, exchangeTimeMs: 1000 }))
    receive(change({ changeId: 5, prevChangeId: 4, exchangeTimeMs: 2000 }))
    expect(feed.resyncs).toEqual([[BTC_CHANGES, 'sequence_reset']])
  })

  it('never resyncs for grouped snapshots, which have no sequence', () => {
    const { receive, feed } = ingestFixture()
    receive(groupedSnapshot({ changeId: 100, exchangeTimeMs: 1000 }))
    receive(groupedSnapshot({ changeId: 90_000, exchangeTimeMs: 1001 }))
    receive(groupedSnapshot({ changeId: 5, exchangeTimeMs: 2000 }))
    expect(feed.resyncs).toEqual([])
  })
})

describe('the answer to a probe', () => {
  it('counts as a silent book if the snapshot differs', () => {
    const { receive, silentResyncs } = ingestFixture()
    receive(groupedSnapshot({ changeId: 1 }), 'subscribe')
    receive(groupedSnapshot({ changeId: 1 }), 'probe')
    expect(silentResyncs()).toBe(0)
    receive(groupedSnapshot({ changeId: 2 }), 'probe')
    expect(silentResyncs()).toBe(1)
  })
})

describe('the lag from the exchange', () => {
  const withOffset = (offsetMs: number, uncertaintyMs = 2) => {
    const fixture = ingestFixture()
    fixture.feed.offset = { offsetMs, uncertaintyMs, roundTripMs: 2 * uncertaintyMs }
    return fixture
  }

  it('is not observed while the offset is unknown', () => {
    const { receive, lagCount } = ingestFixture()
    receive(groupedSnapshot())
    expect(lagCount()).toBe(0)
  })

  it('is measured on the exchange’s clock', () => {
    const { receive, clock, lagSum, lagCount, skews } = withOffset(-30)
    receive(groupedSnapshot({ exchangeTimeMs: clock.nowMs() - 50 }))
    expect([lagCount(), lagSum(), skews()]).toEqual([1, 0.02, 0])
  })

  it('is clamped to 0 when negative, and skew beyond the uncertainty and a tick', () => {
    const { receive, clock, lagSum, lagCount, skews } = withOffset(0)
    receive(groupedSnapshot({ exchangeTimeMs: clock.nowMs() + 3 }))
    expect(skews()).toBe(0)
    receive(groupedSnapshot({ changeId: 70_000_000_101, exchangeTimeMs: clock.nowMs() + 4 }))
    expect([lagCount(), lagSum(), skews()]).toEqual([2, 0, 1])
  })

  it.each(['subscribe', 'resync', 'probe'] as const)(
    'ignores the first snapshot after a %s, which may be old',
    (answers) => {
      const { receive, lagCount } = withOffset(0)
      receive(groupedSnapshot({ exchangeTimeMs: 1000 }), answers)
      expect(lagCount()).toBe(0)
    },
  )
})
