import { describe, expect, it } from 'vitest'
import * as catalogue from '../../src/observability/catalogue/catalogue.ts'
import { quantileOf } from '../../src/observability/metrics/recent-quantiles.ts'
import { BTC, groupedSnapshot } from '../support/frames.ts'
import { seeded } from '../support/seeded.ts'
import { checkpointHeaders, processFixture, STALE_AFTER_MS } from './process-fixture.ts'

type Stage = 'receive_to_consume' | 'consume_to_publish' | 'receive_to_publish' | 'total'

/** Processing with a book that is live, on an exchange whose clock is 20 ms ahead. */
function withLiveBook() {
  const fixture = processFixture({ maxInstruments: 1 })
  const { clock, registry, send } = fixture
  const headers = checkpointHeaders(clock.nowMs(), { 'clock-offset-ms': '20' })
  send(groupedSnapshot({ changeId: 1, exchangeTimeMs: clock.nowMs() }), { headers })
  const cell = (name: Stage) => registry.histogram(catalogue.pipelineLag).series({ stage: name })
  return {
    ...fixture,
    sumMs: (name: Stage) => Math.round(cell(name).sum * 1e6) / 1000,
    count: (name: Stage) => cell(name).counts.reduce((sum, count) => sum + count, 0),
    skews: () => registry.counter(catalogue.clockSkewEvents).series({}).value,
  }
}

describe('the lag of a record', () => {
  it('has the stages from the exchange, through the topic, to the values, and their sum', () => {
    const { clock, send, sumMs, count } = withLiveBook()
    send(groupedSnapshot({ changeId: 2, exchangeTimeMs: clock.nowMs() - 12 }), { ageMs: 7 })
    expect(sumMs('receive_to_consume')).toBe(7)
    expect(sumMs('consume_to_publish')).toBe(0)
    expect(sumMs('receive_to_publish')).toBe(7)
    // Received 5 ms after the exchange’s 12 ms ago, which its own clock calls 20 ms more.
    expect(sumMs('total')).toBe(5 + 20 + 7)
    expect(count('total')).toBe(1)
  })

  it('has no total for the first snapshot after a silence, which carries an old time', () => {
    const { clock, send, count } = withLiveBook()
    clock.advance(STALE_AFTER_MS + 1)
    send(groupedSnapshot({ changeId: 2, exchangeTimeMs: clock.nowMs() - 3000 }))
    expect(count('receive_to_publish')).toBe(1)
    expect(count('total')).toBe(0)
    send(groupedSnapshot({ changeId: 3, exchangeTimeMs: clock.nowMs() }))
    expect(count('total')).toBe(1)
  })

  it('is not observed for checkpoints and replayed records', () => {
    const { clock, send, count, processor } = withLiveBook()
    send(groupedSnapshot({ changeId: 2 }), { headers: checkpointHeaders(clock.nowMs()) })
    send(groupedSnapshot({ changeId: 3 }), { isReplayed: true, isAtEnd: false, ageMs: 900 })
    for (const stage of ['receive_to_consume', 'receive_to_publish', 'total'] as const) {
      expect(count(stage)).toBe(0)
    }
    expect(processor.delayFloorMs()).toBeNull()
  })

  it('has no publish stage for a record without new values, but a topic stage', () => {
    const { send, sumMs, count } = withLiveBook()
    send(groupedSnapshot({ changeId: 1 }), { ageMs: 3000 })
    const overLimit = 'OUT-PERPETUAL'
    send(groupedSnapshot({ instrument: overLimit }), { key: overLimit, ageMs: 3000 })
    expect(sumMs('receive_to_consume')).toBe(6000)
    for (const stage of ['consume_to_publish', 'receive_to_publish', 'total'] as const) {
      expect(count(stage)).toBe(0)
    }
  })

  it('uses the monotonic clock if the producer is this process, whatever its wall clock does', () => {
    const { clock, send, store, sumMs, skews } = withLiveBook()
    const receivedMonotonicMs = clock.monotonicMs() - 0.25
    send(groupedSnapshot({ changeId: 2, exchangeTimeMs: clock.nowMs() }), {
      ageMs: -400,
      receivedMonotonicMs,
    })
    expect(sumMs('receive_to_consume')).toBe(0.25)
    expect(sumMs('receive_to_publish')).toBe(0.25)
    expect(skews()).toBe(0)
    expect(store.snapshot(BTC, 1)?.lagMs.receiveToPublish).toBe(0.25)
  })

  it('through the topic is never negative: a clock behind the producer’s shows as skew and in the floor', () => {
    const { send, sumMs, skews, processor } = withLiveBook()
    send(groupedSnapshot({ changeId: 2 }), { ageMs: -1 })
    expect(skews()).toBe(0)
    send(groupedSnapshot({ changeId: 3 }), { ageMs: -250 })
    expect(sumMs('receive_to_consume')).toBe(0)
    expect(skews()).toBe(1)
    expect(processor.delayFloorMs()).toBe(-250)
  })
})

/** Delays in ms by inverse distribution function, so every quantile is exact. */
const DISTRIBUTIONS: Record<string, (share: number) => number> = {
  uniform: (share) => 40 * share,
  exponential: (share) => -20 * Math.log(1 - share),
  'with rare outliers': (share) => (share < 0.95 ? 3 : 400),
  heavy: (share) => 2 / (1 - share) ** 0.8,
}

describe.each(Object.entries(DISTRIBUTIONS))('a known distribution of delays: %s', (_, delayOf) => {
  it.each(['receive_to_consume', 'total'] as const)('is reproduced in %s', (name) => {
    const { clock, registry, send } = withLiveBook()
    const random = seeded(7)
    for (let changeId = 2; changeId < 10_000; changeId += 1) {
      clock.advance(10)
      const delayMs = delayOf(random())
      // In `total` it includes the stage from the exchange, whose clock is 20 ms ahead.
      const [ageMs, wayMs] = name === 'total' ? [0, delayMs] : [delayMs, 0]
      send(
        groupedSnapshot({
          changeId,
          exchangeTimeMs: Math.round(clock.nowMs() - ageMs + 20 - wayMs),
        }),
        {
          ageMs,
        },
      )
    }
    const { counts, bounds } = registry.histogram(catalogue.pipelineLag).series({ stage: name })
    const bucketOf = (seconds: number) => bounds.findIndex((bound) => seconds <= bound)
    for (const share of [0.5, 0.9, 0.99]) {
      const found = quantileOf(counts, bounds, share) ?? NaN
      const distance = bucketOf(found) - bucketOf(delayOf(share) / 1000)
      expect([share, Math.abs(distance) <= 1, found]).toEqual([share, true, found])
    }
  })
})
