import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClockOffset } from '../../../src/deribit/socket/clock-sync.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** One answer as both clocks saw it; all in ms. */
interface Trip {
  skewMs: number
  thereMs: number
  backMs: number
  busyMs?: number
}

function answered(offset: ClockOffset, clock: FakeClock, trip: Trip): number | null {
  const { skewMs, thereMs, backMs, busyMs = 0.1 } = trip
  const sentTimeMs = clock.nowMs()
  const sentMonotonicMs = clock.monotonicMs()
  const usIn = Math.round((sentTimeMs + thereMs + skewMs) * 1000)
  clock.advance(thereMs + busyMs + backMs)
  return offset.add({
    sentTimeMs,
    sentMonotonicMs,
    receivedTimeMs: clock.nowMs(),
    receivedMonotonicMs: clock.monotonicMs(),
    usIn,
    usOut: usIn + Math.round(busyMs * 1000),
  })
}

describe('the offset of the exchange’s clock', () => {
  it('is unknown before the first response', () => {
    expect(new ClockOffset(new FakeClock()).estimate()).toBeNull()
  })

  it('is within its uncertainty, for any skew, delay and asymmetry', () => {
    fc.assert(
      fc.property(
        fc.record({
          skewMs: fc.double({ min: -5000, max: 5000, noNaN: true }),
          thereMs: fc.double({ min: 0, max: 200, noNaN: true }),
          backMs: fc.double({ min: 0, max: 200, noNaN: true }),
        }),
        (trip) => {
          const clock = new FakeClock()
          const offset = new ClockOffset(clock)
          answered(offset, clock, trip)
          const estimate = offset.estimate()
          // Our own clock has whole milliseconds.
          expect(Math.abs((estimate?.offsetMs ?? NaN) - trip.skewMs)).toBeLessThanOrEqual(
            (estimate?.uncertaintyMs ?? NaN) + 1,
          )
          expect(
            Math.abs((estimate?.roundTripMs ?? NaN) - trip.thereMs - trip.backMs),
          ).toBeLessThanOrEqual(1.01)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('is that of the fastest response of the last five minutes', () => {
    const clock = new FakeClock()
    const offset = new ClockOffset(clock)
    answered(offset, clock, { skewMs: 100, thereMs: 50, backMs: 10 })
    answered(offset, clock, { skewMs: 100, thereMs: 4, backMs: 4 })
    answered(offset, clock, { skewMs: 100, thereMs: 90, backMs: 2 })
    expect(offset.estimate()?.roundTripMs).toBeCloseTo(8, 0)
    expect(offset.estimate()?.offsetMs).toBeCloseTo(100, 0)
    clock.advance(299_000)
    expect(offset.estimate()?.roundTripMs).toBeCloseTo(8, 0)
    clock.advance(950)
    expect(offset.estimate()?.roundTripMs).toBeCloseTo(92, 0)
    clock.advance(10_000)
    expect(offset.estimate()).toBeNull()
  })

  it('is unknown again after the wall clock was set', () => {
    const clock = new FakeClock()
    const offset = new ClockOffset(clock)
    answered(offset, clock, { skewMs: 100, thereMs: 4, backMs: 4 })
    clock.stepWall(49)
    expect(offset.estimate()).not.toBeNull()
    clock.stepWall(10)
    expect(offset.estimate()).toBeNull()
    answered(offset, clock, { skewMs: 41, thereMs: 4, backMs: 4 })
    expect(offset.estimate()?.offsetMs).toBeCloseTo(41, 0)
  })

  it.each([
    ['the exchange sent before it received', { usIn: 2_000_000, usOut: 1_999_000 }],
    ['it took longer than the whole trip', { usIn: 1_000_000, usOut: 1_500_000 }],
    ['a time is infinite', { usIn: Infinity, usOut: Infinity }],
    ['a time is no number', { usIn: NaN, usOut: 1 }],
  ])('rejects a response if %s', (_what, times) => {
    const offset = new ClockOffset(new FakeClock())
    const trip = { sentTimeMs: 1000, receivedTimeMs: 1010 }
    const monotonic = { sentMonotonicMs: 0, receivedMonotonicMs: 10 }
    expect(offset.add({ ...trip, ...monotonic, ...times })).toBeNull()
    expect(offset.estimate()).toBeNull()
  })

  it('rejects a response if the wall clock was set during the round trip', () => {
    const offset = new ClockOffset(new FakeClock())
    const exchange = { usIn: 1_000_000, usOut: 1_000_100 }
    const trip = { sentTimeMs: 1000, receivedTimeMs: 970 }
    const monotonic = { sentMonotonicMs: 0, receivedMonotonicMs: 10 }
    expect(offset.add({ ...trip, ...monotonic, ...exchange })).toBeNull()
  })

  it('keeps a bounded number of responses', () => {
    const clock = new FakeClock()
    const offset = new ClockOffset(clock)
    for (let number = 1; number <= 5000; number++) {
      answered(offset, clock, { skewMs: 7, thereMs: number / 500, backMs: 2 })
    }
    expect(offset.estimate()?.offsetMs).toBeCloseTo(7, 0)
  })
})
