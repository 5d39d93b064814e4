import { describe, expect, it } from 'vitest'
import { BTC, ETH, change, groupedSnapshot, snapshot } from '../support/frames.ts'
import { checkpointHeaders, STALE_AFTER_MS } from '../process/process-fixture.ts'
import { numbersFixture } from './numbers-fixture.ts'

/** A snapshot with this mid-price, at this time of the exchange. */
function at(midPrice: number, exchangeTimeMs: number, instrument = BTC) {
  return groupedSnapshot({
    instrument,
    bids: [[midPrice - 1, 10]],
    asks: [[midPrice + 1, 10]],
    changeId: exchangeTimeMs - 1_780_000_000_000,
    exchangeTimeMs,
  })
}

function started(options: Parameters<typeof numbersFixture>[0] = {}) {
  const fixture = numbersFixture(options)
  fixture.own(0)
  fixture.publisher.start()
  const { clock, send } = fixture
  return {
    ...fixture,
    update: (midPrice: number, instrument = BTC) =>
      send(at(midPrice, clock.nowMs(), instrument), { key: instrument }),
  }
}

describe('the numbers of a live book', () => {
  it('are written at once, after the state', () => {
    const { update, clock, seen, sent, jsonOf } = started()
    const publishedMs = clock.nowMs()
    update(100)
    clock.advance(1)
    expect(seen()).toEqual(['live', 100])
    const [state, numbers] = sent
    expect(state && jsonOf(state)).toMatchObject({ state: 'live', midPrice: null, source: null })
    expect(numbers).toMatchObject({
      topic: 'numbers',
      key: BTC,
      timestampMs: publishedMs,
      headers: { definitions: '1', source: 'prices/0/0' },
    })
    expect(numbers && jsonOf(numbers)).toMatchObject({
      instrument: BTC,
      bestBid: { price: 99, amount: 10 },
      source: { topic: 'prices', partition: 0, offset: '0' },
      windows: { '1s': { coverage: 0 } },
    })
    expect(numbers && Object.keys(jsonOf(numbers))).not.toContain('bids')
  })

  it('are written at most ten times a second, the newest each time, and the rest is counted', () => {
    const { update, clock, writtenMs, seen, dropped } = started()
    for (let count = 0; count < 1000; count += 1) {
      update(100 + count)
      clock.advance(10)
    }
    clock.advance(200)
    const times = writtenMs.slice(1)
    for (const [index, timeMs] of times.entries()) {
      // Eleven take more than a second, and nothing waits longer than needed.
      const elevenMs = (times[index + 10] ?? Number.POSITIVE_INFINITY) - timeMs
      expect(elevenMs).toBeGreaterThan(1000)
      if (index + 10 < times.length) expect(elevenMs).toBeLessThan(1100)
    }
    expect(seen().at(-1)).toBe(1099)
    expect(dropped).toHaveLength(1000 - times.length)
    expect(new Set(dropped)).toEqual(new Set(['superseded']))
  })

  it('are written once for one update: time alone adds nothing', () => {
    const { update, clock, seen } = started()
    update(100)
    clock.advance(STALE_AFTER_MS - 100)
    expect(seen()).toEqual(['live', 100])
  })

  it('are not written again for a checkpoint that repeats them', () => {
    const { update, send, clock, seen } = started()
    const timeMs = clock.nowMs()
    update(100)
    clock.advance(2000)
    send(at(100, timeMs), { headers: checkpointHeaders(clock.nowMs()) })
    clock.advance(200)
    expect(seen()).toEqual(['live', 100])
  })

  it('do not wait for those of another instrument', () => {
    const { update, clock, seen } = started()
    update(100)
    clock.advance(1)
    update(200, ETH)
    clock.advance(1)
    expect(seen(ETH)).toEqual(['live', 200])
  })
})

describe('a change of state', () => {
  it('is written at once with null numbers, and each of several in order', () => {
    const { update, send, clock, sent, seen, jsonOf } = started()
    update(100)
    clock.advance(1)
    send(
      groupedSnapshot({
        bids: [[103, 1]],
        asks: [[102, 1]],
        changeId: 2e10,
        exchangeTimeMs: clock.nowMs(),
      }),
    )
    send(
      groupedSnapshot({
        bids: [[101, 1]],
        asks: [],
        changeId: 3e10,
        exchangeTimeMs: clock.nowMs(),
      }),
    )
    send(
      groupedSnapshot({
        bids: [[101, 1]],
        asks: [[103, 1]],
        changeId: 4e10,
        exchangeTimeMs: clock.nowMs(),
      }),
    )
    clock.advance(1)
    expect(seen()).toEqual(['live', 100, 'invalid:crossed', 'one_sided:one_sided', 'live'])
    const crossed = sent[2]
    expect(crossed && jsonOf(crossed)).toMatchObject({
      bestBid: null,
      midPrice: null,
      imbalance: { '1': null },
      bands: { '5': { bid: null } },
      windows: { '1s': { coverage: null, imbalanceMean: null } },
      signals: null,
    })
    // The numbers are those of the newest book, at the end of the interval.
    clock.advance(110)
    expect(seen().slice(5)).toEqual([102])
  })

  it('is written when time alone causes it, by its own time', () => {
    const { update, clock, sent, seen } = started()
    const updatedMs = clock.nowMs()
    update(100)
    clock.advance(STALE_AFTER_MS + 150)
    expect(seen()).toEqual(['live', 100, 'stale:unverified'])
    expect(sent[2]?.timestampMs).toBe(updatedMs + STALE_AFTER_MS)
    update(101)
    clock.advance(1)
    expect(seen().slice(3)).toEqual(['live', 101])
  })

  it('is written for a configured instrument that has no record yet', () => {
    const { clock, seen, sent, processor } = started({ named: [BTC] })
    clock.advance(200)
    expect(seen()).toEqual([])
    processor.onCaughtUp({ topic: 'prices', partition: 0 })
    clock.advance(200)
    expect(seen()).toEqual(['waiting:no_snapshot'])
    expect(sent[0]?.headers).toEqual({ definitions: '1' })
  })

  it('is written for a sequence gap and the snapshot that ends it', () => {
    const { send, clock, seen } = started()
    const now = { exchangeTimeMs: clock.nowMs() }
    send(snapshot({ ...now, changeId: 10 }))
    send(change({ ...now, changeId: 30, prevChangeId: 20 }))
    send(snapshot({ ...now, exchangeTimeMs: now.exchangeTimeMs + 1, changeId: 40 }))
    clock.advance(1)
    expect(seen().slice(0, 3)).toEqual(['live', 'gap:sequence_gap', 'live'])
  })
})

describe('a book that is catching up', () => {
  it('has nothing written on replay, and its newest state and numbers at the end', () => {
    const { send, clock, seen, update } = started()
    for (let count = 0; count < 50; count += 1) {
      send(at(100 + count, clock.nowMs()), { isReplayed: true, isAtEnd: false })
      clock.advance(20)
    }
    clock.advance(1000)
    // Long enough that the replayed records no longer verify the book.
    clock.advance(STALE_AFTER_MS)
    expect(seen()).toEqual([])
    update(200)
    clock.advance(1)
    expect(seen()).toEqual(['live', 200])
  })

  it('has its numbers retracted, and written again once it is live', () => {
    const { send, update, clock, seen, retracted } = started()
    update(100)
    clock.advance(1)
    send(at(101, clock.nowMs()), { ageMs: 6000, isAtEnd: false })
    clock.advance(300)
    expect([seen(), retracted.includes(BTC)]).toEqual([['live', 100], true])
    update(102)
    clock.advance(1)
    expect(seen()).toEqual(['live', 100, 102])
  })
})

describe('an instrument that leaves this process', () => {
  it('has nothing more written, and what waits is forgotten', () => {
    const { update, lose, own, clock, seen, forgotten } = started()
    update(100)
    lose(0)
    clock.advance(1000)
    expect([seen(), forgotten]).toEqual([[], [BTC]])
    own(0)
    update(101)
    clock.advance(1)
    expect(seen()).toEqual(['live', 101])
  })
})

describe('a process that stood still', () => {
  it('writes nothing until it is known whether its partitions are still its own', () => {
    const { update, clock, seen, logger, retracted } = started()
    update(100)
    clock.advance(1)
    retracted.length = 0
    clock.stop(20_000)
    clock.advance(2900)
    expect(seen()).toEqual(['live', 100])
    expect(retracted).toEqual([BTC])
    expect(JSON.stringify(logger.lines)).toContain('numbers are not written yet')
    clock.advance(300)
    expect(seen()).toEqual(['live', 100, 'stale:unverified'])
  })

  it('writes nothing more after it lost its partitions meanwhile', () => {
    const { update, lose, clock, seen } = started()
    update(100)
    clock.advance(1)
    clock.stop(20_000)
    clock.advance(1000)
    lose(0)
    clock.advance(10_000)
    expect(seen()).toEqual(['live', 100])
  })
})

describe('the limits of the publisher', () => {
  it('drops the oldest of 10,000 waiting states', () => {
    const { publisher, dropped, clock, sent } = started()
    for (let count = 0; count <= 10_000; count += 1) {
      const reason = count % 2 === 0 ? 'crossed' : 'locked'
      publisher.noteState({ instrument: BTC, state: 'invalid', reason, sinceMs: count })
    }
    expect(dropped).toEqual(['queue_full'])
    clock.advance(1)
    // Not a book of this process any more: nothing to write.
    expect(sent).toEqual([])
  })

  it('stops with its timers', () => {
    const { publisher, update, clock, seen } = started()
    update(100)
    publisher.stop()
    expect(clock.pendingTimers).toBe(0)
    update(101)
    clock.advance(1000)
    expect(seen()).toEqual([])
  })
})
