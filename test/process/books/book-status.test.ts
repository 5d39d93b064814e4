import { describe, expect, it } from 'vitest'
import * as frames from '../../support/frames.ts'
import { checkpointHeaders, processFixture, STALE_AFTER_MS } from '../process-fixture.ts'

const { groupedSnapshot, snapshot, change, ETH } = frames

/** A text with one number replaced by an invalid one. */
function broken(from: string, to: string): string {
  const good = groupedSnapshot({ changeId: 200 })
  expect(good).toContain(from)
  return good.replace(from, to)
}

describe('a book without a snapshot', () => {
  it('is unknown before it is configured or seen', () => {
    const { own, state, store } = processFixture()
    own(0)
    expect(state()).toBeUndefined()
    expect(store.snapshot(frames.BTC, 10)).toBeUndefined()
  })

  it('waits for one if it is configured', () => {
    const { own, state, store, midPrice } = processFixture({ named: [frames.BTC] })
    own(0)
    expect(state()).toBe('waiting:no_snapshot')
    expect(store.snapshot(frames.BTC, 10)).toBeNull()
    expect(midPrice()).toBeUndefined()
  })

  it('waits also after a change of an incremental channel', () => {
    const { send, state } = processFixture()
    send(change())
    expect(state()).toBe('waiting:no_snapshot')
  })

  it('waits also after a snapshot with invalid levels', () => {
    const { send, state, store } = processFixture()
    send(broken('6.1e4', '-1'))
    expect(state()).toBe('waiting:no_snapshot')
    expect(store.snapshot(frames.BTC, 10)).toBeNull()
  })

  it('waits without limit, and does not become stale', () => {
    const { own, state, store, clock } = processFixture({ named: [frames.BTC] })
    own(0)
    const sinceMs = clock.nowMs()
    clock.advance(3_600_000)
    expect(state()).toBe('waiting:no_snapshot')
    expect(store.instrument(frames.BTC)?.sinceMs).toBe(sinceMs)
  })
})

describe('a live book', () => {
  it('has its numbers, its levels and their source', () => {
    const { send, store, clock } = processFixture()
    clock.advance(1000)
    send(groupedSnapshot({ changeId: 7, exchangeTimeMs: clock.nowMs() - 12 }), {
      ageMs: 3,
      partition: 2,
    })
    expect(store.snapshot(frames.BTC, 1)).toMatchObject({
      instrument: frames.BTC,
      state: 'live',
      reason: null,
      sinceMs: clock.nowMs(),
      changeId: 7,
      exchangeTimeMs: clock.nowMs() - 12,
      lastUpdateMs: clock.nowMs() - 12,
      receivedTimeMs: clock.nowMs() - 3,
      publishedTimeMs: clock.nowMs(),
      verifiedTimeMs: clock.nowMs() - 3,
      bestBid: { price: 61_000, amount: 25_000 },
      bestAsk: { price: 61_000.5, amount: 18_000 },
      midPrice: 61_000.25,
      spread: 0.5,
      bids: [[61_000, 25_000]],
      asks: [[61_000.5, 18_000]],
      bidLevels: 2,
      askLevels: 2,
      updatesTotal: 1,
      source: { topic: 'prices', partition: 2, offset: '0' },
    })
  })

  it('counts each accepted snapshot and change, but neither checkpoints nor replays', () => {
    const { send, store, clock } = processFixture()
    send(snapshot({ changeId: 1 }), { isReplayed: true })
    send(change({ changeId: 2, prevChangeId: 1 }))
    send(change({ changeId: 3, prevChangeId: 2 }))
    send(change({ changeId: 3, prevChangeId: 2 }))
    send(snapshot({ changeId: 9 }), { headers: checkpointHeaders(clock.nowMs()) })
    expect(store.instrument(frames.BTC)?.updatesTotal).toBe(2)
  })

  it('reports since when it is live, through any number of updates', () => {
    const { send, store, clock } = processFixture()
    const sinceMs = clock.nowMs()
    for (let changeId = 1; changeId <= 20; changeId++) {
      send(groupedSnapshot({ changeId }))
      clock.advance(1000)
    }
    expect(store.instrument(frames.BTC)).toMatchObject({ state: 'live', sinceMs })
  })
})

describe('a book that is not verified', () => {
  it('is live up to the bound and stale from just after it', () => {
    const { send, state, midPrice, clock } = processFixture()
    send(groupedSnapshot())
    clock.advance(STALE_AFTER_MS)
    expect(state()).toBe('live')
    expect(midPrice()).toBe(61_000.25)
    clock.advance(0.001)
    expect(state()).toBe('stale:unverified')
    expect(midPrice()).toBeUndefined()
  })

  it('is stale since its verification expired, not since the first reading after that', () => {
    const { send, store, clock } = processFixture()
    const verifiedUntilMs = clock.nowMs() + STALE_AFTER_MS
    send(groupedSnapshot())
    clock.advance(60_000)
    expect(store.instrument(frames.BTC)?.sinceMs).toBe(verifiedUntilMs)
    clock.advance(60_000)
    expect(store.instrument(frames.BTC)?.sinceMs).toBe(verifiedUntilMs)
  })

  it('still returns its last levels, with the state', () => {
    const { send, store, clock } = processFixture()
    send(groupedSnapshot())
    clock.advance(60_000)
    expect(store.snapshot(frames.BTC, 10)).toMatchObject({
      state: 'stale',
      reason: 'unverified',
      midPrice: 61_000.25,
    })
  })

  it('is independent of steps of the wall clock', () => {
    const { send, state, clock } = processFixture()
    send(groupedSnapshot())
    clock.stepWall(-3_600_000)
    clock.advance(STALE_AFTER_MS + 1)
    expect(state()).toBe('stale:unverified')
    send(groupedSnapshot({ changeId: 70_000_000_101 }))
    clock.stepWall(3_600_000)
    expect(state()).toBe('live')
  })

  it.each([
    ['a newer snapshot', groupedSnapshot({ changeId: 70_000_000_101 })],
    ['the same snapshot once more', groupedSnapshot()],
    ['an older snapshot', groupedSnapshot({ changeId: 70_000_000_001 })],
  ])('is live again with %s', (_what, text) => {
    const { send, state, store, clock } = processFixture()
    send(groupedSnapshot())
    clock.advance(STALE_AFTER_MS + 1000)
    expect(state()).toBe('stale:unverified')
    send(text)
    expect(state()).toBe('live')
    expect(store.instrument(frames.BTC)?.sinceMs).toBe(clock.nowMs())
  })

  it('is kept live by checkpoints alone', () => {
    const { send, state, store, clock } = processFixture()
    const sinceMs = clock.nowMs()
    send(groupedSnapshot())
    for (let round = 0; round < 300; round++) {
      clock.advance(2000)
      expect(state()).toBe('live')
      send(groupedSnapshot(), { headers: checkpointHeaders(clock.nowMs() - 500) })
    }
    expect(store.instrument(frames.BTC)).toMatchObject({
      sinceMs,
      updatesTotal: 1,
      verifiedTimeMs: clock.nowMs() - 500,
    })
  })

  it('is verified by a checkpoint only for as long as the checkpoint itself was verified', () => {
    const { send, state, clock } = processFixture()
    send(groupedSnapshot())
    clock.advance(4000)
    send(groupedSnapshot(), { headers: checkpointHeaders(clock.nowMs() - 2000) })
    clock.advance(3000)
    expect(state()).toBe('live')
    clock.advance(1)
    expect(state()).toBe('stale:unverified')
  })

  it('is not verified longer by a checkpoint that claims a verification in the future', () => {
    const { send, state, clock } = processFixture()
    send(groupedSnapshot(), { headers: checkpointHeaders(clock.nowMs() + 3_600_000) })
    clock.advance(STALE_AFTER_MS + 1)
    expect(state()).toBe('stale:unverified')
  })

  it('is not verified by a checkpoint whose verification is older than the bound', () => {
    const { send, state, clock } = processFixture()
    send(groupedSnapshot(), { headers: checkpointHeaders(clock.nowMs() - STALE_AFTER_MS - 1) })
    expect(state()).toBe('stale:unverified')
    clock.advance(1)
    send(groupedSnapshot(), { headers: checkpointHeaders(clock.nowMs()) })
    expect(state()).toBe('live')
  })
})

describe('a valid book that cannot be traded on', () => {
  it.each([
    ['crossed', [[61_001, 1]], [[61_000, 1]], 'invalid:crossed'],
    ['locked', [[61_000, 1]], [[61_000, 1]], 'invalid:locked'],
    ['without bids', [], [[61_000, 1]], 'one_sided:one_sided'],
    ['without asks', [[61_000, 1]], [], 'one_sided:one_sided'],
    ['empty', [], [], 'one_sided:empty'],
    ['with amounts of 0 alone', [[61_000, 0]], [[61_001, 0]], 'one_sided:empty'],
  ] satisfies [string, frames.Rows, frames.Rows, string][])(
    'that is %s has that state, no values, and is live again with the next valid snapshot',
    (_what, bids, asks, expected) => {
      const { send, state, midPrice, store } = processFixture()
      send(groupedSnapshot({ changeId: 1 }))
      send(groupedSnapshot({ changeId: 2, bids, asks }))
      expect(state()).toBe(expected)
      expect(midPrice()).toBeUndefined()
      expect(store.snapshot(frames.BTC, 10)).toMatchObject({ midPrice: null, spread: null })
      send(groupedSnapshot({ changeId: 3 }))
      expect(state()).toBe('live')
    },
  )

  it('is counted by its reason, once for each frame', () => {
    const { send, rejected } = processFixture()
    send(groupedSnapshot({ changeId: 1, bids: [[9, 1]], asks: [[8, 1]] }))
    send(groupedSnapshot({ changeId: 2, bids: [[9, 1]], asks: [[8, 1]] }))
    send(groupedSnapshot({ changeId: 3, bids: [[8, 1]], asks: [[8, 1]] }))
    expect([rejected('crossed'), rejected('locked')]).toEqual([2, 1])
  })

  it('counts as an update and shows its best prices in the snapshot', () => {
    const { send, store } = processFixture()
    send(groupedSnapshot({ bids: [[9, 1]], asks: [[8, 2]] }))
    expect(store.snapshot(frames.BTC, 10)).toMatchObject({
      updatesTotal: 1,
      bestBid: { price: 9, amount: 1 },
      bestAsk: { price: 8, amount: 2 },
    })
  })
})

describe('invalid data written to the topic', () => {
  it.each([
    ['an infinite price', broken('6.1e4', '1e999'), 'non_finite'],
    ['a negative amount', broken('1.8e4', '-1.8e4'), 'negative'],
    ['bids out of order', broken('60999.5', '61000.25'), 'unsorted'],
    ['an ask twice', broken('61002.0', '61000.5'), 'unsorted'],
  ] as const)(
    'with %s makes the book invalid until the next valid snapshot',
    (_what, text, reason) => {
      const { send, state, midPrice, rejected } = processFixture()
      send(groupedSnapshot({ changeId: 1 }))
      send(text)
      expect(state()).toBe(`invalid:${reason}`)
      expect(midPrice()).toBeUndefined()
      expect(rejected(reason)).toBe(1)
      send(groupedSnapshot({ changeId: 3 }))
      expect(state()).toBe('live')
    },
  )

  it('does not change the levels', () => {
    const { send, store } = processFixture()
    send(groupedSnapshot({ changeId: 1 }))
    send(broken('6.1e4', '1e999'))
    expect(store.snapshot(frames.BTC, 10)).toMatchObject({ changeId: 1, bids: frames.BIDS })
  })
})

describe('the sequence of a grouped channel', () => {
  it('counts a duplicate and keeps the book', () => {
    const { send, store, rejected } = processFixture()
    send(groupedSnapshot({ changeId: 5 }))
    send(groupedSnapshot({ changeId: 5, bids: [[1, 1]] }))
    send(groupedSnapshot({ changeId: 4, bids: [[1, 1]] }))
    expect(rejected('duplicate')).toBe(2)
    expect(store.snapshot(frames.BTC, 10)).toMatchObject({ bids: frames.BIDS, updatesTotal: 1 })
  })

  it('continues if ids restarted at a later time', () => {
    const { send, state, store, sequenceBreaks } = processFixture()
    send(groupedSnapshot({ changeId: 70_000_000_000, exchangeTimeMs: 1_790_000_001_000 }))
    send(groupedSnapshot({ changeId: 12, exchangeTimeMs: 1_790_000_001_001, bids: [[60_000, 7]] }))
    expect(sequenceBreaks('sequence_reset')).toBe(1)
    expect(state()).toBe('live')
    expect(store.snapshot(frames.BTC, 10)).toMatchObject({ changeId: 12, bids: [[60_000, 7]] })
  })
})

describe('the sequence of an incremental channel', () => {
  const started = () => {
    const fixture = processFixture()
    fixture.send(snapshot({ changeId: 100 }))
    return fixture
  }

  it('updates the book', () => {
    const { send, store } = started()
    send(change({ changeId: 150, prevChangeId: 100, bids: [['delete', 61_000, 0]] }))
    send(change({ changeId: 151, prevChangeId: 150, asks: [['new', 61_000, 5]] }))
    expect(store.snapshot(frames.BTC, 1)).toMatchObject({
      state: 'live',
      bids: [[60_999.5, 10]],
      asks: [[61_000, 5]],
    })
  })

  it('has the state gap, without values, until the next snapshot', () => {
    const { send, state, midPrice, sequenceBreaks } = started()
    send(change({ changeId: 170, prevChangeId: 160 }))
    expect(state()).toBe('gap:sequence_gap')
    expect(midPrice()).toBeUndefined()
    send(change({ changeId: 171, prevChangeId: 170 }))
    expect(state()).toBe('gap:sequence_gap')
    expect(sequenceBreaks('gap')).toBe(1)
    send(snapshot({ changeId: 180 }))
    expect(state()).toBe('live')
  })

  it('is stale and not gap once records stop', () => {
    const { send, state, clock } = started()
    send(change({ changeId: 170, prevChangeId: 160 }))
    clock.advance(STALE_AFTER_MS + 1)
    expect(state()).toBe('stale:unverified')
  })

  it('is verified by an empty change of its last id', () => {
    const { send, state, clock, store } = started()
    clock.advance(4000)
    send(change({ changeId: 100, prevChangeId: 100 }), {
      headers: checkpointHeaders(clock.nowMs()),
    })
    clock.advance(4000)
    expect(state()).toBe('live')
    expect(store.instrument(frames.BTC)?.updatesTotal).toBe(1)
  })

  it('applies a checkpoint that shows another book at its id, and counts a mismatch', () => {
    const { send, store, clock, rejected } = started()
    send(snapshot({ changeId: 100, bids: [[60_000, 3]] }), {
      headers: checkpointHeaders(clock.nowMs()),
    })
    expect(rejected('checkpoint_mismatch')).toBe(1)
    expect(store.snapshot(frames.BTC, 9)).toMatchObject({ bids: [[60_000, 3]], updatesTotal: 1 })
  })
})

describe('a record with a timestamp in the future', () => {
  it('does not extend the verification of its book, nor block other channels', () => {
    const { send, store, clock, state } = processFixture()
    send(groupedSnapshot({ changeId: 1 }), { ageMs: -3_600_000 })
    expect(store.instrument(frames.BTC)?.verifiedTimeMs).toBe(clock.nowMs())
    clock.advance(STALE_AFTER_MS + 1)
    expect(state()).toBe('stale:unverified')
    // Another channel takes over from one that is silent, whatever its last timestamp was.
    send(groupedSnapshot({ changeId: 2, channel: `book.${frames.BTC}.none.20.100ms` }))
    expect(state()).toBe('live')
  })
})

describe('a record that is late', () => {
  it('updates the book but gives no current values, from a backlog', () => {
    const { send, state, midPrice, store } = processFixture()
    send(groupedSnapshot({ changeId: 1 }), { ageMs: 5001, isAtEnd: false })
    expect(state()).toBe('catching_up:backlog')
    expect(midPrice()).toBeUndefined()
    send(groupedSnapshot({ changeId: 2, bids: [[60_000, 1]] }), { ageMs: 5000 })
    expect(state()).toBe('live')
    expect(store.snapshot(frames.BTC, 9)).toMatchObject({ bids: [[60_000, 1]] })
  })

  it('leaves a stale book when no more records follow', () => {
    const { send, state, clock } = processFixture()
    send(groupedSnapshot(), { ageMs: 30_000, isAtEnd: false, isReplayed: true })
    clock.advance(STALE_AFTER_MS)
    expect(state()).toBe('catching_up:backlog')
    clock.advance(1)
    expect(state()).toBe('stale:unverified')
  })

  it('gives no values of a partition while records from before its assignment are read', () => {
    const { own, send, state, midPrice, store, clock } = processFixture()
    own(0)
    // Young enough to be current if nothing followed it.
    const replayed = { isReplayed: true, isAtEnd: false }
    send(groupedSnapshot({ changeId: 1 }), { ...replayed, ageMs: 4000 })
    send(groupedSnapshot({ changeId: 2, instrument: ETH }), { ...replayed, ageMs: 3000, key: ETH })
    expect([state(), state(ETH)]).toEqual(['catching_up:backlog', 'catching_up:backlog'])
    expect(midPrice()).toBeUndefined()
    clock.advance(10)
    const sinceMs = clock.nowMs()
    send(groupedSnapshot({ changeId: 3 }))
    clock.advance(10)
    expect([state(), state(ETH)]).toEqual(['live', 'live'])
    expect(store.instrument(ETH)).toMatchObject({ sinceMs })
  })

  it.each([
    ['its end is reached', frames.groupedSnapshot(), { isReplayed: true, isAtEnd: true }],
    ['an unreadable record arrives', '{', {}],
  ])('is no backlog any more when %s', (_what, value, given) => {
    const { own, lose, send, state } = processFixture()
    const replayed = { isReplayed: true, isAtEnd: false, ageMs: 1000 }
    own(0)
    send(groupedSnapshot({ changeId: 1 }), replayed)
    send(value, given)
    expect(state()).toBe('live')
    // A partition that comes back is reread.
    lose(0)
    own(0)
    send(groupedSnapshot({ changeId: 1 }), replayed)
    expect(state()).toBe('catching_up:backlog')
  })

  it('after falling behind ends at the end of the partition, for all of its books', () => {
    const { own, send, state, midPrice } = processFixture()
    own(0)
    send(groupedSnapshot({ changeId: 1 }))
    send(groupedSnapshot({ changeId: 2, instrument: ETH }), { key: ETH })
    expect([state(), state(ETH)]).toEqual(['live', 'live'])
    send(groupedSnapshot({ changeId: 3 }), { ageMs: 9000, isAtEnd: false })
    // Young enough to be current if nothing followed it.
    send(groupedSnapshot({ changeId: 4 }), { ageMs: 4000, isAtEnd: false })
    expect([state(), state(ETH)]).toEqual(['catching_up:backlog', 'catching_up:backlog'])
    expect(midPrice()).toBeUndefined()
    send(groupedSnapshot({ changeId: 5 }))
    expect([state(), state(ETH)]).toEqual(['live', 'live'])
  })

  it('is no backlog if the partition has no newer record', () => {
    const { send, state } = processFixture()
    send(groupedSnapshot(), { ageMs: 5001, isAtEnd: true })
    expect(state()).toBe('catching_up:clock_or_late_producer')
  })
})

describe('the instrument status', () => {
  const reported = (word: string) => {
    const fixture = processFixture({ named: [frames.BTC] })
    fixture.send(groupedSnapshot())
    fixture.send(groupedSnapshot(), {
      headers: checkpointHeaders(fixture.clock.nowMs(), { 'instrument-state': word }),
    })
    return fixture
  }

  it.each(['locked', 'settlement', 'inactive', 'halted', 'delivered', 'archivized', 'maintenance'])(
    'halts the book: %s',
    (word) => {
      const { state, midPrice } = reported(word)
      expect(state()).toBe(`halted:${word}`)
      expect(midPrice()).toBeUndefined()
    },
  )

  it.each(['open', 'an unknown status', ''])('does not halt it: %j', (word) => {
    expect(reported(word).state()).toBe('live')
  })

  it('open resumes it', () => {
    const { send, clock, state } = reported('settlement')
    send(groupedSnapshot({ changeId: 70_000_000_101 }))
    expect(state()).toBe('halted:settlement')
    send(groupedSnapshot({ changeId: 70_000_000_101 }), {
      headers: checkpointHeaders(clock.nowMs(), { 'instrument-state': 'open' }),
    })
    expect(state()).toBe('live')
  })

  it.each(['settlement', 'locked'])('%s without verification is stale', (word) => {
    const { clock, state } = reported(word)
    clock.advance(STALE_AFTER_MS + 1)
    expect(state()).toBe('stale:unverified')
  })

  it('maintenance stays instead of stale, for at most an hour', () => {
    const { clock, state } = reported('maintenance')
    clock.advance(3_599_999)
    expect(state()).toBe('halted:maintenance')
    clock.advance(1)
    expect(state()).toBe('stale:unverified')
  })

  it('maintenance ends with the first new snapshot', () => {
    const { send, state } = reported('maintenance')
    send(groupedSnapshot())
    expect(state()).toBe('halted:maintenance')
    send(groupedSnapshot({ changeId: 70_000_000_200 }))
    expect(state()).toBe('live')
  })

  it('maintenance holds once the snapshots that still follow its notice end', () => {
    const { clock, send, state } = reported('maintenance')
    for (const changeId of [70_000_000_200, 70_000_000_300]) {
      clock.advance(4000)
      send(groupedSnapshot({ changeId }))
      expect(state()).toBe('live')
    }
    clock.advance(STALE_AFTER_MS + 1)
    expect(state()).toBe('halted:maintenance')
    send(groupedSnapshot({ changeId: 70_000_000_400 }))
    expect(state()).toBe('live')
    clock.advance(STALE_AFTER_MS + 1)
    expect(state()).toBe('stale:unverified')
  })

  it('delivered is shown for a minute, then the instrument is gone, configured or not', () => {
    const { clock, send, own, state, store } = processFixture({ named: [frames.BTC] })
    own(0)
    send(groupedSnapshot(), {
      headers: checkpointHeaders(clock.nowMs(), { 'instrument-state': 'delivered' }),
    })
    clock.advance(60_000)
    expect(state()).toBe('halted:delivered')
    expect(store.instruments()).toHaveLength(1)
    clock.advance(1)
    expect(store.instruments()).toEqual([])
    expect(state()).toBeUndefined()
  })
})
