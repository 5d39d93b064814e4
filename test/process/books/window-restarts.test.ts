import { describe, expect, it } from 'vitest'
import type { WindowNumbers } from '../../../src/model/snapshot.ts'
import * as frames from '../../support/frames.ts'
import {
  checkpointHeaders,
  type GivenRecord,
  processFixture,
  STALE_AFTER_MS,
} from '../process-fixture.ts'

const { BTC, ETH } = frames
const LATENCY_MS = 20

/** Processing that gets one snapshot a second, as the exchange would send them. */
function watched(kind: 'snapshots' | 'changes' = 'snapshots') {
  const fixture = processFixture()
  const { clock } = fixture
  let changeId = 70_000_000_000
  let bidAmount = 100
  let channel = `book.${BTC}.none.10.100ms`
  const bids = (): frames.Rows => [[61_000, bidAmount]]
  const nextId = () => (changeId += 5)
  const exchangeTimeMs = () => clock.nowMs() - LATENCY_MS
  const market = {
    ...fixture,
    exchangeTimeMs,
    nextId,
    lastId: () => changeId,
    groupedSnapshot: (options: frames.GroupedSnapshotOptions = {}) =>
      frames.groupedSnapshot({
        changeId: nextId(),
        exchangeTimeMs: exchangeTimeMs(),
        bids: bids(),
        ...(options.instrument === undefined ? { channel } : {}),
        ...options,
      }),
    /** All snapshots from now on are of another channel. */
    goTo: (other: string) => {
      channel = other
    },
    snapshot: (options: frames.GroupedSnapshotOptions = {}) =>
      frames.snapshot({
        changeId: nextId(),
        exchangeTimeMs: exchangeTimeMs(),
        bids: bids(),
        ...options,
      }),
    change: (options: frames.ChangeOptions = {}) =>
      frames.change({
        prevChangeId: changeId,
        changeId: nextId(),
        exchangeTimeMs: exchangeTimeMs(),
        bids: [['change', 61_000, bidAmount]],
        ...options,
      }),
    /** One frame of the exchange per second, for this long. */
    run: (seconds: number, given: GivenRecord = {}) => {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1000)
        bidAmount += 1
        fixture.send(kind === 'snapshots' ? market.groupedSnapshot() : market.change(), given)
      }
    },
    window: (index: number, instrument = BTC): WindowNumbers => {
      const window = fixture.store.snapshot(instrument, 1)?.windows[index]
      if (window === undefined) throw new Error('there is no such window')
      return window
    },
    minute: () => market.window(2),
  }
  fixture.send(kind === 'snapshots' ? market.groupedSnapshot() : market.snapshot())
  return market
}

describe('the windows of a book', () => {
  it('fill from its first snapshot', () => {
    const { run, minute, window } = watched()
    expect(minute().coverage).toBe(0)
    run(29)
    expect(minute()).toMatchObject({ coverage: 29 / 60, orderFlowImbalance: null })
    expect(window(1)).toMatchObject({ coverage: 1, orderFlowImbalance: 10 })
    run(1)
    expect(minute()).toMatchObject({ coverage: 0.5, orderFlowImbalance: 30 })
    run(30)
    expect(minute()).toMatchObject({ coverage: 1, orderFlowImbalance: 60 })
    run(30)
    expect(minute()).toMatchObject({ coverage: 1, orderFlowImbalance: 60 })
  })

  it('are those of the last verification, and continue with the next one', () => {
    const { run, window, clock, send, groupedSnapshot, exchangeTimeMs, lastId } = watched()
    run(60)
    expect(window(0).orderFlowImbalance).toBe(1)
    clock.advance(900)
    expect(window(0).orderFlowImbalance).toBe(1)
    const repeated = groupedSnapshot({ changeId: lastId(), exchangeTimeMs: exchangeTimeMs() - 900 })
    send(repeated, { headers: checkpointHeaders(clock.nowMs()) })
    expect(window(0).orderFlowImbalance).toBe(1)
    clock.advance(101)
    send(repeated, { headers: checkpointHeaders(clock.nowMs()) })
    expect(window(0)).toMatchObject({ orderFlowImbalance: 0, coverage: 1 })
  })

  it('follow the clock of the exchange, once its offset is known', () => {
    const { run, window, clock, send, groupedSnapshot, lastId, store } = watched()
    run(60)
    // The producer's clock is 3 s behind that of the exchange: the event of before was 3 s ago.
    const repeated = groupedSnapshot({
      changeId: lastId(),
      exchangeTimeMs: clock.nowMs() - LATENCY_MS,
    })
    send(repeated, { headers: checkpointHeaders(clock.nowMs(), { 'clock-offset-ms': '3000' }) })
    expect(window(0)).toMatchObject({ orderFlowImbalance: 0, coverage: 1 })
    expect(window(1)).toMatchObject({ orderFlowImbalance: 7, coverage: 1 })
    // It cannot be ahead of an event that has come.
    send(repeated, { headers: checkpointHeaders(clock.nowMs(), { 'clock-offset-ms': '-9000' }) })
    expect(window(0)).toMatchObject({ orderFlowImbalance: 1, coverage: 1 })
    expect(window(0).imbalanceMax).toBe(store.snapshot(BTC, 1)?.imbalances[0])
  })

  it('follow the clock of their own checkpoints, not the newest one of other books', () => {
    const { run, minute, clock, send, groupedSnapshot, lastId } = watched()
    let repeated = ''
    const repeat = () => {
      repeated = groupedSnapshot({
        changeId: lastId(),
        exchangeTimeMs: clock.nowMs() - LATENCY_MS,
      })
    }
    const own = (offsetMs: number, producerId = 'a') =>
      send(repeated, {
        headers: checkpointHeaders(clock.nowMs(), {
          'clock-offset-ms': String(offsetMs),
          'producer-id': producerId,
        }),
      })
    run(60)
    repeat()
    own(3000)
    const before = minute()
    send(groupedSnapshot({ instrument: ETH }), {
      key: ETH,
      headers: checkpointHeaders(clock.nowMs(), {
        'clock-offset-ms': '9000',
        'producer-id': 'a',
      }),
    })
    expect(minute()).toEqual(before)
    // Another producer of the same book: its clock counts once the first one is gone.
    own(9000, 'b')
    expect(minute()).toEqual(before)
    run(61)
    repeat()
    own(9000, 'b')
    expect(minute().orderFlowImbalance).toBe(51)
  })

  type Market = ReturnType<typeof watched>
  const breaks: [string, 'snapshots' | 'changes', (market: Market) => void][] = [
    [
      'a snapshot that was superseded while reading was behind',
      'snapshots',
      ({ processor, groupedSnapshot, send }) => {
        const value = Buffer.from(groupedSnapshot())
        expect(processor.supersedableChannel({ key: BTC, value })).toBe(`book.${BTC}.none.10.100ms`)
        processor.onSuperseded({ topic: 'prices', partition: 0, key: BTC, value })
        send(groupedSnapshot())
      },
    ],
    [
      'a gap, and the snapshot that recovers it',
      'changes',
      ({ send, change, snapshot, nextId }) => {
        send(change({ prevChangeId: nextId() }))
        send(snapshot())
      },
    ],
    ['a snapshot in place of a change', 'changes', ({ send, snapshot }) => send(snapshot())],
    [
      'a full checkpoint of a book without a snapshot',
      'changes',
      ({ send, snapshot, clock }) =>
        send(snapshot(), { headers: checkpointHeaders(clock.nowMs()) }),
    ],
    [
      'a checkpoint of the current frame that shows another book',
      'snapshots',
      ({ send, groupedSnapshot, lastId, clock, exchangeTimeMs }) =>
        send(
          groupedSnapshot({
            changeId: lastId(),
            exchangeTimeMs: exchangeTimeMs(),
            bids: [[60_000, 1]],
          }),
          { headers: checkpointHeaders(clock.nowMs()) },
        ),
    ],
    [
      'a new sequence',
      'snapshots',
      ({ send, groupedSnapshot, exchangeTimeMs }) =>
        send(groupedSnapshot({ changeId: 7, exchangeTimeMs: exchangeTimeMs() + 1 })),
    ],
    [
      'one snapshot with an empty side',
      'snapshots',
      ({ send, groupedSnapshot }) => {
        send(groupedSnapshot({ asks: [] }))
        send(groupedSnapshot())
      },
    ],
    [
      'one crossed snapshot',
      'snapshots',
      ({ send, groupedSnapshot }) => {
        send(groupedSnapshot({ asks: [[60_000, 1]] }))
        send(groupedSnapshot())
      },
    ],
    [
      'one snapshot with invalid levels',
      'snapshots',
      ({ send, groupedSnapshot }) => {
        send(groupedSnapshot({ asks: [[61_001, -1]] }))
        send(groupedSnapshot())
      },
    ],
    [
      'invalid levels, followed by the previous snapshot',
      'snapshots',
      ({ send, groupedSnapshot, clock, lastId, exchangeTimeMs }) => {
        const last = groupedSnapshot({ changeId: lastId(), exchangeTimeMs: exchangeTimeMs() })
        send(groupedSnapshot({ asks: [[61_001, -1]] }))
        send(last, { headers: checkpointHeaders(clock.nowMs()) })
      },
    ],
    [
      'an unverified period',
      'snapshots',
      ({ send, groupedSnapshot, clock }) => {
        clock.advance(STALE_AFTER_MS + 1)
        send(groupedSnapshot())
      },
    ],
    [
      'an unverified period of an unchanged book',
      'snapshots',
      ({ send, groupedSnapshot, clock, lastId, exchangeTimeMs }) => {
        const last = groupedSnapshot({ changeId: lastId(), exchangeTimeMs: exchangeTimeMs() })
        clock.advance(STALE_AFTER_MS + 1)
        send(last, { headers: checkpointHeaders(clock.nowMs()) })
      },
    ],
    [
      'an unverified period that is over when its records arrive',
      'snapshots',
      ({ send, groupedSnapshot, clock, exchangeTimeMs }) => {
        clock.stepWall(STALE_AFTER_MS + 1)
        send(groupedSnapshot({ exchangeTimeMs: exchangeTimeMs() }))
      },
    ],
    [
      'a record that is so late that the book is behind',
      'snapshots',
      ({ send, groupedSnapshot }) => {
        send(groupedSnapshot(), { ageMs: 5001, isAtEnd: false })
        send(groupedSnapshot())
      },
    ],
    [
      'another channel',
      'snapshots',
      ({ send, groupedSnapshot, goTo, clock }) => {
        clock.advance(STALE_AFTER_MS - 1)
        clock.stepWall(2)
        goTo(`book.${BTC}.none.20.100ms`)
        send(groupedSnapshot())
      },
    ],
    [
      'the exchange’s clock stepping back',
      'snapshots',
      ({ send, groupedSnapshot, exchangeTimeMs }) =>
        send(groupedSnapshot({ exchangeTimeMs: exchangeTimeMs() - 1001 })),
    ],
  ]

  it.each(breaks)('restart after %s', (_what, kind, breakIt) => {
    const market = watched(kind)
    market.run(70)
    expect(market.minute()).toMatchObject({ coverage: 1, orderFlowImbalance: 60 })
    breakIt(market)
    expect(market.state()).toBe('live')
    expect(market.minute()).toMatchObject({ coverage: 0, orderFlowImbalance: null })
    market.run(40)
    expect(market.minute().coverage).toBe(40 / 60)
    expect(market.minute().orderFlowImbalance).not.toBeNull()
    expect(market.window(1)).toMatchObject({ coverage: 1, orderFlowImbalance: 10 })
  })

  it('restart if the book was stale, even if its records arrive later without a gap', () => {
    const market = watched()
    market.run(70)
    market.clock.advance(STALE_AFTER_MS + 1)
    const exchangeTimeMs = market.exchangeTimeMs() - 2000
    market.send(market.groupedSnapshot({ exchangeTimeMs }), { ageMs: 2000 })
    expect(market.state()).toBe('live')
    expect(market.minute().coverage).toBe(0)
  })

  const harmless: [string, 'snapshots' | 'changes', (market: Market) => void][] = [
    [
      'duplicates',
      'snapshots',
      ({ send, groupedSnapshot, lastId, exchangeTimeMs }) =>
        send(
          groupedSnapshot({ changeId: lastId(), exchangeTimeMs: exchangeTimeMs(), bids: [[1, 1]] }),
        ),
    ],
    [
      'checkpoints that show the current book',
      'snapshots',
      ({ send, groupedSnapshot, lastId, clock, exchangeTimeMs }) =>
        send(groupedSnapshot({ changeId: lastId(), exchangeTimeMs: exchangeTimeMs() }), {
          headers: checkpointHeaders(clock.nowMs()),
        }),
    ],
    [
      'empty changes between two full checkpoints',
      'changes',
      ({ send, lastId, clock, exchangeTimeMs }) =>
        send(
          frames.change({
            changeId: lastId(),
            prevChangeId: lastId(),
            exchangeTimeMs: exchangeTimeMs(),
          }),
          { headers: checkpointHeaders(clock.nowMs()) },
        ),
    ],
    [
      'a settlement',
      'snapshots',
      ({ send, groupedSnapshot, lastId, clock, exchangeTimeMs, state }) => {
        const last = groupedSnapshot({ changeId: lastId(), exchangeTimeMs: exchangeTimeMs() })
        const word = (instrumentState: string) =>
          checkpointHeaders(clock.nowMs(), { 'instrument-state': instrumentState })
        send(last, { headers: word('settlement') })
        expect(state()).toBe('halted:settlement')
        clock.advance(3000)
        send(last, { headers: word('open') })
      },
    ],
    [
      'records of another instrument, and unreadable records',
      'snapshots',
      ({ send, groupedSnapshot }) => {
        send(groupedSnapshot({ instrument: ETH }), { key: ETH })
        send('garbage')
      },
    ],
    [
      'a quiet period with heartbeats',
      'snapshots',
      ({ send, groupedSnapshot, lastId, clock, exchangeTimeMs }) => {
        const last = groupedSnapshot({ changeId: lastId(), exchangeTimeMs: exchangeTimeMs() })
        for (let round = 0; round < 5; round++) {
          clock.advance(2000)
          send(last, { headers: checkpointHeaders(clock.nowMs()) })
        }
      },
    ],
  ]

  it.each(harmless)('continue through %s', (_what, kind, happen) => {
    const market = watched(kind)
    market.run(70)
    const beforeMs = market.clock.nowMs()
    happen(market)
    const quietSeconds = Math.round((market.clock.nowMs() - beforeMs) / 1000)
    expect(market.minute()).toMatchObject({ coverage: 1, orderFlowImbalance: 60 - quietSeconds })
    market.run(1)
    expect(market.minute()).toMatchObject({
      coverage: 1,
      orderFlowImbalance: Math.min(60, 60 - quietSeconds),
    })
  })

  it('are removed with the partition, and restart with it', () => {
    const { own, lose, run, send, groupedSnapshot, minute } = watched()
    own(0)
    run(60)
    lose(0)
    own(0)
    send(groupedSnapshot())
    expect(minute().coverage).toBe(0)
  })

  it('fill from a replay as if they had been there, at the times of the records', () => {
    const live = watched()
    live.run(80)
    const { send, clock, store } = processFixture()
    clock.advance(80_000)
    let bidAmount = 100
    let changeId = 70_000_000_005
    for (let ageMs = 80_000; ageMs >= 0; ageMs -= 1000) {
      const exchangeTimeMs = clock.nowMs() - ageMs - LATENCY_MS
      const bids: frames.Rows = [[61_000, bidAmount]]
      send(frames.groupedSnapshot({ changeId, exchangeTimeMs, bids }), {
        ageMs,
        isReplayed: ageMs > 0,
        isAtEnd: ageMs === 0,
      })
      bidAmount += 1
      changeId += 5
    }
    expect(store.snapshot(BTC, 1)?.windows).toStrictEqual(live.store.snapshot(BTC, 1)?.windows)
    expect(store.snapshot(BTC, 1)?.windows[2]?.coverage).toBe(1)
  })

  it('are absent in the metrics while the book is not live', () => {
    const { run, clock, store } = watched()
    run(60)
    const details = () => [...store.readings({ isFull: true })].map(({ detail }) => detail)
    expect(details()[0]?.windows[2]?.coverage).toBe(1)
    expect([...store.readings()].map(({ detail }) => detail)).toEqual([null])
    clock.advance(STALE_AFTER_MS + 1)
    expect(details()).toEqual([null])
  })
})

describe('the bands of a book', () => {
  it('are those of its last snapshot', () => {
    const { send, store } = processFixture({ bandsBps: [1, 10] })
    send(frames.groupedSnapshot({ changeId: 1, bids: [[99_999, 5]], asks: [[100_001, 7]] }))
    expect(store.snapshot(BTC, 1)?.bands).toMatchObject([
      { bid: 5, ask: 7, imbalance: -2 / 12 },
      { bid: 5, ask: 7 },
    ])
    send(frames.groupedSnapshot({ changeId: 2, bids: [[99_999, 6]], asks: [[100_001, 7]] }))
    expect(store.snapshot(BTC, 1)?.bands).toMatchObject([{ bid: 6 }, { bid: 6 }])
    expect(store.summary(BTC)?.bands).toMatchObject([{ bid: 6 }, { bid: 6 }])
  })

  it('are not covered beyond the ten levels of a channel of ten, and are in a full book', () => {
    const levels = (sign: number): frames.Rows =>
      Array.from({ length: 10 }, (_, n) => [100_000 + sign * (n + 1), 1])
    const { send, store } = processFixture({ bandsBps: [1] })
    send(frames.groupedSnapshot({ bids: levels(-1), asks: levels(1) }))
    expect(store.snapshot(BTC, 1)?.bands).toMatchObject([{ bid: null, bidCovered: false }])
    const { send: sendWhole, store: whole } = processFixture({ bandsBps: [1] })
    sendWhole(frames.snapshot({ bids: levels(-1), asks: levels(1) }))
    expect(whole.snapshot(BTC, 1)?.bands).toMatchObject([{ bid: 10, bidCovered: true }])
  })
})
