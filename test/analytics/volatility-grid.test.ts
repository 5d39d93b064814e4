import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VolatilityGrid } from '../../src/analytics/volatility-grid.ts'
import { expectAllNear } from './near.ts'
import { slowWindow } from './slow-windows.ts'

const YEAR_SECONDS = 365 * 86_400
/** A whole second of exchange time. */
const T0 = 1_790_000_000_000

function gridWith(...mids: [timeMs: number, mid: number][]): VolatilityGrid {
  const grid = new VolatilityGrid(60_000)
  for (const [n, [timeMs, mid]] of mids.entries()) {
    if (n === 0) grid.start(mid, T0 + timeMs)
    else grid.accept(mid, T0 + timeMs)
  }
  return grid
}

/** One return of ln 2 each second. */
const doubling = gridWith(
  ...Array.from({ length: 21 }, (_, k): [number, number] => [k * 1000, 2 ** k]),
)

describe('realised volatility', () => {
  it('is the root of the mean square of the returns of whole seconds, for a year', () => {
    const expected = Math.log(2) * Math.sqrt(YEAR_SECONDS)
    expect(doubling.read(T0 + 20_000, 10_000)).toBeCloseTo(expected, 9)
    expect(doubling.read(T0 + 20_999, 10_000)).toBeCloseTo(expected, 9)
    // Then the mid stays: one return of 0 more among the ten.
    const nineOfTen = expected * Math.sqrt(0.9)
    expect(doubling.read(T0 + 21_000, 10_000)).toBeCloseTo(nineOfTen, 9)
    expect(doubling.read(T0 + 21_999, 10_000)).toBeCloseTo(nineOfTen, 9)
  })

  it('uses the last mid at or before each whole second', () => {
    const still = gridWith([0, 100], [20_001, 500], [20_999, 100], [21_000, 200], [21_001, 100])
    // 20 s: 100; 21 s: 200; 22 s: 100.
    const one = Math.log(2) * Math.sqrt(YEAR_SECONDS / 10)
    expect(still.read(T0 + 21_001, 10_000)).toBeCloseTo(one, 9)
    expect(still.read(T0 + 22_000, 10_000)).toBeCloseTo(one * Math.SQRT2, 9)
  })

  it('counts the return of the second that an event began only once that second is over', () => {
    const grid = gridWith([0, 100], [19_500, 200])
    expect(grid.read(T0 + 19_999, 10_000)).toBe(0)
    expect(grid.read(T0 + 20_000, 10_000)).toBeGreaterThan(0)
    expect(grid.read(T0 + 29_999, 10_000)).toBeGreaterThan(0)
    expect(grid.read(T0 + 30_000, 10_000)).toBe(0)
  })

  it('is absent for windows below ten seconds and below five returns', () => {
    expect(doubling.read(T0 + 20_000, 9999)).toBeNull()
    const young = gridWith([0, 100], [100, 101])
    // The mid of second 1 is the first that is the last at or before a second with one before it.
    expect(young.read(T0 + 4999, 10_000)).toBeNull()
    expect(young.read(T0 + 5000, 10_000)).not.toBeNull()
    const between = gridWith([1, 100], [100, 101])
    expect(between.read(T0 + 5999, 10_000)).toBeNull()
    expect(between.read(T0 + 6000, 10_000)).toBe(0)
  })

  it.each([0, -5])('is absent exactly while a mid of %s is on its grid', (mid) => {
    const grid = gridWith([0, 100], [20_500, mid], [23_500, 100])
    for (const timeMs of [23_500, 25_000, 33_000, 33_999]) {
      expect(grid.read(T0 + timeMs, 10_000)).toBeNull()
    }
    expect(grid.read(T0 + 34_000, 10_000)).toBe(0)
    const still = gridWith([0, 100], [20_500, mid])
    expect(still.read(T0 + 20_999, 10_000)).toBe(0)
    expect(still.read(T0 + 21_000, 10_000)).toBeNull()
    expect(still.read(T0 + 60_000, 10_000)).toBeNull()
    // A mid between two grid seconds is ignored.
    const unseen = gridWith([0, 100], [20_500, mid], [20_900, 100])
    expect(unseen.read(T0 + 25_000, 10_000)).toBe(0)
  })

  it('equals a slow reference computation for mids of any sign', () => {
    let values = 0
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            gapMs: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constantFrom(0, 500, 1000)),
            mid: fc.oneof(
              { weight: 30, arbitrary: fc.integer({ min: 900, max: 1100 }) },
              { weight: 1, arbitrary: fc.integer({ min: -3, max: 0 }) },
            ),
          }),
          { minLength: 1, maxLength: 60, size: 'max' },
        ),
        fc.nat(12_000),
        (mids, laterMs) => {
          let timeMs = T0
          const events = mids.map(({ gapMs, mid }) => {
            timeMs += gapMs
            return { timeMs, bid: [mid, 1], ask: [mid, 1] } as const
          })
          const grid = new VolatilityGrid(60_000)
          for (const [n, { timeMs: eventMs, bid }] of events.entries()) {
            if (n === 0) grid.start(bid[0], eventMs)
            else grid.accept(bid[0], eventMs)
          }
          const at = { exchangeTimeMs: timeMs + laterMs, verifiedTimeMs: timeMs + laterMs }
          for (const windowMs of [10_000, 12_345, 60_000]) {
            const history = { startVerifiedMs: 0, found: null, events }
            const { realizedVolatility } = slowWindow(history, at, windowMs)
            expectAllNear(
              { value: grid.read(at.exchangeTimeMs, windowMs) },
              { value: realizedVolatility },
              `${windowMs} ms`,
            )
            if (realizedVolatility !== null) values += 1
          }
        },
      ),
      { numRuns: 300 },
    )
    expect(values).toBeGreaterThan(200)
  })
})
