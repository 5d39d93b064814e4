import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fold } from '../../src/analytics/fold.ts'
import { Ring } from '../../src/analytics/ring.ts'

const TIME = 0
const VALUE = 1
const HALF = 2
const FOLDS: readonly Fold[] = [
  { kind: 'sum', column: VALUE },
  { kind: 'least', column: VALUE },
  { kind: 'greatest', column: VALUE },
  { kind: 'sum', column: HALF },
]
const [SUM, LEAST, GREATEST, HALF_SUM] = [0, 1, 2, 3]

const ringOf = (maxRows = 4096) => new Ring({ columns: 3, folds: FOLDS, maxRows })

function push(ring: Ring, time: number, value: number): void {
  const row = ring.push()
  ring.set(row, TIME, time)
  ring.set(row, VALUE, value)
  ring.set(row, HALF, value / 2)
}

/** All rows ever pushed, in an array. */
interface Plain {
  readonly rows: { time: number; value: number }[]
  first: number
}

function expectSame(ring: Ring, plain: Plain, from: number, to: number): void {
  const rows = plain.rows.slice(from, to)
  const sum = rows.reduce((total, { value }) => total + value, 0)
  const scale = rows.reduce((total, { value }) => total + Math.abs(value), 0)
  expect(Math.abs(ring.fold(SUM, from, to) - sum)).toBeLessThanOrEqual(1e-12 * scale)
  expect(ring.fold(LEAST, from, to)).toBe(Math.min(...rows.map(({ value }) => value)))
  expect(ring.fold(GREATEST, from, to)).toBe(Math.max(...rows.map(({ value }) => value)))
  expect(ring.fold(HALF_SUM, from, to)).toBe(ring.fold(SUM, from, to) / 2)
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('push'), count: fc.nat(40) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('push'), count: fc.nat(700) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drop'), count: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear'), count: fc.nat(1) }) },
)

describe('a ring of rows', () => {
  it('folds any range like a plain array, while it grows, shrinks, and drops old rows', () => {
    let checked = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.nat(), (steps, seed) => {
        const ring = ringOf(1024)
        const plain: Plain = { rows: [], first: 0 }
        let state = seed
        const random = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
          return (state >>> 8) / 2 ** 24
        }
        for (const { kind, count } of steps) {
          if (kind === 'clear') {
            ring.clear()
            plain.rows.length = 0
            plain.first = 0
          } else if (kind === 'drop') {
            plain.first = Math.min(plain.first + count, plain.rows.length)
            ring.dropBefore(plain.first)
          } else {
            for (let row = 0; row < count; row++) {
              const value = (random() - 0.5) * 10 ** Math.floor(random() * 12)
              const time = (plain.rows.at(-1)?.time ?? 0) + Math.floor(random() * 3)
              plain.rows.push({ time, value })
              push(ring, time, value)
            }
            plain.first = Math.max(plain.first, plain.rows.length - 1024)
          }
          expect([ring.first, ring.end]).toEqual([plain.first, plain.rows.length])
          expect(ring.droppedTo).toBe(plain.rows[plain.first - 1]?.time ?? -Infinity)
          const length = plain.rows.length - plain.first
          for (let range = 0; range < 4; range++) {
            const from = plain.first + Math.floor(random() * length)
            const to = from + Math.floor(random() * (plain.rows.length - from + 1))
            if (to > from) expectSame(ring, plain, from, to)
            checked += 1
          }
          const value = Math.floor(random() * ((plain.rows.at(-1)?.time ?? 0) + 2)) - 1
          const above = plain.rows.findIndex((row, n) => n >= plain.first && row.time > value)
          const found = above < 0 ? plain.rows.length : above
          expect(ring.firstAbove(value)).toBe(found)
          // From any row that is not after it, also from one that was dropped since.
          expect(ring.firstAboveFrom(Math.floor(random() * (found + 1)), value)).toBe(found)
        }
      }),
      { numRuns: 300 },
    )
    expect(checked).toBeGreaterThan(3000)
  })

  it('gives the same bits whatever was dropped or read before', () => {
    const whole = ringOf()
    const busy = ringOf()
    const values = Array.from({ length: 3000 }, (_, n) => Math.sin(n) * 10 ** (n % 13))
    for (const [n, value] of values.entries()) {
      push(whole, n, value)
      push(busy, n, value)
      if (n % 7 === 0) busy.fold(SUM, busy.first, busy.end)
      if (n % 11 === 0) busy.dropBefore(n - 900)
    }
    for (let from = 2200; from < 2990; from += 13) {
      for (const fold of [SUM, LEAST, GREATEST, HALF_SUM]) {
        expect(busy.fold(fold, from, 2990)).toBe(whole.fold(fold, from, 2990))
      }
    }
  })

  it('gives the same bits wherever its rows started', () => {
    const values = Array.from({ length: 3000 }, (_, n) => Math.round(Math.sin(n) * 1e7) / 10)
    const rings = [0, 1, 7, 16, 300, 1500].map((start) => {
      const ring = ringOf()
      for (const [n, value] of values.slice(start).entries()) push(ring, start + n, value)
      return { start, ring }
    })
    for (let from = 1500; from < 2990; from += 17) {
      const sums = rings.map(({ start, ring }) => ring.fold(SUM, from - start, 2990 - start))
      expect(new Set(sums).size).toBe(1)
      // The sum of the tenths, as integers, is exact.
      const tenths = values
        .slice(from, 2990)
        .reduce((sum, value) => sum + Math.round(value * 10), 0)
      expect(sums[0]).toBeCloseTo(tenths / 10, 6)
    }
  })

  it('has no trace of a huge value once it is out of the range, to the last bit', () => {
    const ring = ringOf()
    push(ring, 0, 1e300)
    push(ring, 1, Infinity)
    push(ring, 2, NaN)
    for (let n = 3; n < 2000; n++) push(ring, n, 0.1)
    const clean = ringOf()
    for (let n = 0; n < 3; n++) push(clean, n, 0)
    for (let n = 3; n < 2000; n++) push(clean, n, 0.1)
    expect(ring.fold(SUM, 3, 2000)).toBe(clean.fold(SUM, 3, 2000))
    expect(ring.fold(SUM, 2, 2000)).toBeNaN()
    expect(ring.fold(SUM, 3, 2000)).toBeCloseTo(199.7, 9)
  })

  it('folds an empty range to the neutral element', () => {
    const ring = ringOf()
    push(ring, 0, 7)
    expect(ring.fold(SUM, 1, 1)).toBe(0)
    expect(ring.fold(LEAST, 1, 1)).toBe(Infinity)
    expect(ring.fold(GREATEST, 0, 0)).toBe(-Infinity)
    expect(() => ring.fold(9, 0, 1)).toThrow(RangeError)
  })

  it('uses memory in proportion to its rows, and frees it', () => {
    const ring = ringOf()
    const small = ring.bytes
    expect(small).toBeLessThan(600)
    for (let n = 0; n < 4000; n++) push(ring, n, 1)
    expect(ring.bytes).toBeGreaterThan(4000 * 24)
    expect(ring.bytes).toBeLessThan(4096 * 24 * 1.2)
    for (let n = 4000; n < 4100; n++) {
      push(ring, n, 1)
      ring.dropBefore(n - 10)
    }
    expect(ring.bytes).toBeLessThan(2048)
    expect(ring.fold(SUM, ring.first, ring.end)).toBe(11)
    for (let n = 0; n < 100_000; n++) push(ring, 4100 + n, 1)
    expect(ring.bytes).toBeLessThan(4096 * 24 * 1.2)
    expect(ring.end - ring.first).toBe(4096)
    ring.clear()
    expect(ring.bytes).toBe(small)
  })

  it('folds a large ring in some dozens of steps, not one per row', () => {
    const ring = new Ring({ columns: 3, folds: FOLDS, maxRows: 32_768 })
    for (let n = 0; n < 32_768; n++) push(ring, n, 1)
    /** Seconds for many folds over this many rows, each from a different start. */
    const spent = (rows: number) => {
      const startedMs = performance.now()
      for (let start = 1; start < 20_000; start++) {
        const from = 1 + (start % (32_767 - rows))
        if (ring.fold(SUM, from, from + rows) !== rows) throw new Error('a wrong sum')
      }
      return performance.now() - startedMs
    }
    const ratios = Array.from({ length: 7 }, () => spent(32_000) / spent(64))
    // Row by row it would be 500 times as long; blocks make it about three times.
    expect(ratios.toSorted((a, b) => a - b)[3]).toBeLessThan(50)
  })
})
