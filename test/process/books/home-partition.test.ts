import { describe, expect, it } from 'vitest'
import { createBooksCheck } from '../../../src/app/readiness.ts'
import * as frames from '../../support/frames.ts'
import {
  checkpointHeaders,
  type GivenRecord,
  processFixture,
  STALE_AFTER_MS,
} from '../process-fixture.ts'

const { BTC, ETH, change, groupedSnapshot, snapshot, trade, trades } = frames
const START_MS = 1_790_000_000_000
/** Longer than any producer needs to detect new partitions. */
const SETTLED_MS = 46_000

/** A consumer that owns some partitions of a topic with two; the hash maps every key to the first. */
function fixtureOf(owned: readonly number[], options: Parameters<typeof processFixture>[0] = {}) {
  const hash = { partition: 0 }
  const fixture = processFixture({ partitionOf: () => hash.partition, ...options })
  const count = (partitions: number) => fixture.processor.onPartitionCount('prices', partitions)
  count(2)
  fixture.own(...owned)
  const shown = () => fixture.store.snapshot(BTC, 1)
  return {
    ...fixture,
    count,
    hash,
    /** One snapshot, the number is both its position and its price. */
    book: (number: number, given: GivenRecord = {}) => {
      const text = groupedSnapshot({
        instrument: given.key ?? BTC,
        changeId: number,
        exchangeTimeMs: START_MS + number,
        bids: [[number, 1]],
        asks: [[number + 1, 1]],
      })
      fixture.send(text, given)
    },
    shown: () => shown()?.bids[0]?.[0],
    place: () => shown()?.source.partition,
    coverage: () => shown()?.windows[0]?.coverage,
  }
}

describe('a book in another partition than that of the hash', () => {
  it('is live there, even if the hash partition gets no records', () => {
    const { book, state, place } = fixtureOf([0, 1], { named: [BTC] })
    expect(state()).toBe('waiting:no_snapshot')
    book(1, { partition: 1 })
    expect(state()).toBe('live')
    expect(place()).toBe(1)
  })

  it('is removed with the partition that holds its records, and with no other', () => {
    const { book, lose, state } = fixtureOf([0, 1], { named: [BTC] })
    book(1, { partition: 1 })
    lose(0)
    expect(state()).toBe('live')
    lose(1)
    expect(state()).toBeUndefined()
  })

  it('is catching up with its own partition, not with that of the hash', () => {
    const { book, state } = fixtureOf([0, 1], { named: [BTC] })
    book(1, { partition: 1, isReplayed: true, isAtEnd: false })
    expect(state()).toBe('catching_up:backlog')
    book(2, { partition: 1 })
    expect(state()).toBe('live')
  })
})

describe('a book with records in two partitions', () => {
  it('is that of the newest frame, despite late records in the other partition', () => {
    const { book, shown, place, rejected, state } = fixtureOf([0, 1])
    for (const number of [1, 3, 5]) book(number, { partition: 0 })
    for (const number of [2, 4]) book(number, { partition: 1 })
    expect([shown(), place()]).toEqual([5, 0])
    expect(rejected('duplicate')).toBe(2)
    book(6, { partition: 1 })
    expect([shown(), place()]).toEqual([6, 1])
    expect(state()).toBe('live')
  })

  it('continues in the partition of the newest checkpoint of the same frame', () => {
    const { book, clock, lose, state } = fixtureOf([0, 1])
    book(1, { partition: 0 })
    clock.advance(1000)
    book(1, { partition: 1, headers: checkpointHeaders(clock.nowMs()) })
    // Old records read by a warm start do not move it back.
    const sentMs = clock.nowMs() - 900
    book(1, { partition: 0, ageMs: 900, headers: checkpointHeaders(sentMs) })
    lose(0)
    expect(state()).toBe('live')
    lose(1)
    expect(state()).toBeUndefined()
  })

  it('restarts its windows when it moves, and the move is counted', () => {
    const { book, clock, coverage, sequenceBreaks } = fixtureOf([0, 1])
    for (let number = 1; number <= 5; number += 1) {
      book(number, { partition: 0 })
      clock.advance(1000)
    }
    expect(coverage()).toBe(1)
    book(6, { partition: 1 })
    expect(coverage()).toBeLessThan(0.5)
    expect(sequenceBreaks('channel_change')).toBe(1)
  })

  it('is not moved by an older sequence that another partition still holds', () => {
    const { book, send, shown } = fixtureOf([0, 1])
    const restarted = groupedSnapshot({
      changeId: 5,
      exchangeTimeMs: START_MS + 9000,
      bids: [[7, 1]],
    })
    send(restarted, { partition: 1 })
    book(8000, { partition: 0 })
    expect(shown()).toBe(7)
  })

  it('leaves a silent partition, even if that had later frames', () => {
    const { book, clock, shown, place } = fixtureOf([0, 1])
    book(9_000_000, { partition: 1 })
    clock.advance(STALE_AFTER_MS)
    book(1, { partition: 0 })
    expect(place()).toBe(1)
    clock.advance(1)
    book(2, { partition: 0 })
    expect([shown(), place()]).toEqual([2, 0])
    book(3, { partition: 0 })
    expect(shown()).toBe(3)
  })

  it('continues with a change that follows, and has a gap with one that does not', () => {
    const { send, state } = fixtureOf([0, 1])
    send(snapshot({ changeId: 10, exchangeTimeMs: START_MS }), { partition: 0 })
    const next = (changeId: number, prevChangeId: number, partition: number) =>
      send(change({ changeId, prevChangeId, exchangeTimeMs: START_MS + changeId }), { partition })
    next(11, 10, 1)
    expect(state()).toBe('live')
    next(9, 8, 0)
    expect(state()).toBe('live')
    next(14, 13, 0)
    expect(state()).toBe('gap:sequence_gap')
    send(snapshot({ changeId: 15, exchangeTimeMs: START_MS + 20 }), { partition: 1 })
    expect(state()).toBe('live')
  })
})

describe('a book whose instrument moves when partitions are added', () => {
  it('moves to the new owner: the old book disappears once it is unverified', () => {
    const { book, clock, count, hash, state, store } = fixtureOf([0])
    clock.advance(SETTLED_MS)
    book(1)
    count(4)
    hash.partition = 2
    expect(state()).toBe('live')
    clock.advance(STALE_AFTER_MS)
    expect(state()).toBe('live')
    clock.advance(1)
    expect(state()).toBeUndefined()
    expect(store.foreignPartition(BTC)).toBe(2)
  })

  it('becomes stale if its hash partition is still here, or there is no other member', () => {
    for (const owned of [[0], [0, 1, 2, 3]]) {
      const { book, clock, count, hash, state } = fixtureOf(owned)
      book(1)
      count(4)
      hash.partition = owned.length === 1 ? 0 : 2
      clock.advance(STALE_AFTER_MS + 1)
      expect(state()).toBe('stale:unverified')
    }
  })

  it('is no stale duplicate at a member that starts later and finds its old records', () => {
    const { book, hash, state } = fixtureOf([0])
    hash.partition = 1
    book(1, { ageMs: 40_000, isReplayed: true, isAtEnd: false })
    expect(state()).toBe('catching_up:backlog')
    book(7, { key: ETH, isReplayed: true })
    expect(state()).toBeUndefined()
    expect(state(ETH)).toBe('live')
  })

  it('stays where another partitioner puts it, even when that partition is silent', () => {
    const { book, clock, hash, state } = fixtureOf([0])
    hash.partition = 1
    book(1)
    clock.advance(SETTLED_MS)
    book(2)
    clock.advance(STALE_AFTER_MS + 1)
    expect(state()).toBe('stale:unverified')
  })

  it('is expected in its new hash partition', () => {
    const stay = fixtureOf([0], { named: [BTC] })
    expect(stay.state()).toBe('waiting:no_snapshot')
    stay.hash.partition = 1
    stay.count(4)
    expect(stay.state()).toBeUndefined()
    stay.hash.partition = 0
    stay.count(5)
    expect(stay.state()).toBe('waiting:no_snapshot')
  })
})

describe('a configured name without records', () => {
  const waitedMs = 2 * STALE_AFTER_MS + 1

  it('is removed if other members have partitions with records', () => {
    const { clock, state, elsewhere, book } = fixtureOf([0], { named: [BTC] })
    elsewhere.isWritten = true
    clock.advance(waitedMs - 1)
    expect(state()).toBe('waiting:no_snapshot')
    clock.advance(1)
    expect(state()).toBeUndefined()
    book(1)
    expect(state()).toBe('live')
  })

  it('is expected here if nothing is written, or all partitions are here', () => {
    const silent = fixtureOf([0], { named: [BTC] })
    const alone = fixtureOf([0, 1], { named: [BTC] })
    alone.elsewhere.isWritten = true
    for (const { clock, state } of [silent, alone]) {
      clock.advance(waitedMs)
      expect(state()).toBe('waiting:no_snapshot')
    }
  })

  it('does not keep a member without instruments from being ready', () => {
    const { clock, store, elsewhere } = fixtureOf([0], { named: [BTC] })
    const check = createBooksCheck(store)
    clock.advance(waitedMs)
    expect(check.check()).toMatchObject({ isPassing: false })
    elsewhere.isWritten = true
    expect(check.check()).toMatchObject({ isPassing: true })
    elsewhere.isWritten = false
    expect(check.check()).toMatchObject({ isPassing: false })
  })
})

describe('the trades of a book in several partitions', () => {
  function tradesOf(owned: readonly number[]) {
    const fixture = fixtureOf(owned)
    const { clock, send } = fixture
    let seq = 100
    return {
      ...fixture,
      trade: (partition: number, by = 1) => {
        seq += by
        const text = trades([trade({ seq, exchangeTimeMs: clock.nowMs() })])
        send(text, { topic: 'trades', partition })
      },
      loseTrades: (partition: number) =>
        fixture.processor.onRevoked([{ topic: 'trades', partition }]),
      last: () => fixture.store.snapshot(BTC, 1)?.lastTrade ?? null,
    }
  }

  it('are removed with the partition of the newest one', () => {
    const { book, trade, loseTrades, last } = tradesOf([0, 1])
    book(1)
    trade(0)
    trade(1)
    loseTrades(0)
    expect(last()).not.toBeNull()
    loseTrades(1)
    expect(last()).toBeNull()
  })

  it('are incomplete after a change of the partition count, as other members may have some', () => {
    const { book, trade, count, last } = tradesOf([0, 1])
    book(1)
    trade(0)
    count(2)
    expect(last()).not.toBeNull()
    count(4)
    expect(last()).toBeNull()
  })
})
