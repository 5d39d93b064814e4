import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { computeBookNumbers, imbalanceAtDepth } from '../../src/analytics/book-numbers.ts'
import type { Level } from '../../src/model/frames.ts'
import type { BookNumbers } from '../../src/model/snapshot.ts'
import { amount, anyBook, ordinaryAmount, tradableBook } from '../book/arbitraries.ts'
import { plainNumbers } from './plain-numbers.ts'

const DEPTHS = [1, 5, 10]
const RUNS = { numRuns: 2000 }

const compute = (bids: readonly Level[], asks: readonly Level[]) =>
  computeBookNumbers(bids, asks, DEPTHS)

function valuesOf(numbers: BookNumbers): (number | null)[] {
  const { midPrice, weightedMidPrice, spread, spreadRatio, imbalances } = numbers
  return [midPrice, weightedMidPrice, spread, spreadRatio, ...imbalances]
}

const scaled = (levels: readonly Level[], factor: number): Level[] =>
  levels.map(([price, of]) => [price, of * factor])

describe('the numbers of a book', () => {
  it('match hand-computed values', () => {
    const bids: Level[] = [
      [61_000, 30],
      [60_999.5, 10],
    ]
    const asks: Level[] = [
      [61_000.5, 10],
      [61_001, 50],
    ]
    expect(computeBookNumbers(bids, asks, [1, 2, 10])).toEqual({
      bestBid: { price: 61_000, amount: 30 },
      bestAsk: { price: 61_000.5, amount: 10 },
      midPrice: 61_000.25,
      weightedMidPrice: 61_000.375,
      spread: 0.5,
      spreadRatio: 0.5 / 61_000.25,
      imbalances: [0.5, -0.2, -0.2],
    })
  })

  it('equal those of a plain computation, on any book', () => {
    fc.assert(
      fc.property(tradableBook(), ({ bids, asks }) => {
        const numbers = compute(bids, asks)
        const plain = plainNumbers(bids, asks, DEPTHS)
        expect(numbers.midPrice).toBeCloseTo(plain.mid, 9)
        expect(numbers.spread).toBeCloseTo(plain.spread, 9)
        expect(numbers.spreadRatio).toBeCloseTo(plain.spread / plain.mid, 12)
        expect(numbers.weightedMidPrice).toBeCloseTo(plain.weightedMid, 6)
        expect(numbers.bestBid).toEqual({ price: bids[0]?.[0], amount: bids[0]?.[1] })
        expect(numbers.bestAsk).toEqual({ price: asks[0]?.[0], amount: asks[0]?.[1] })
        for (const [index, imbalance] of plain.imbalances.entries()) {
          expect(numbers.imbalances[index]).toBeCloseTo(imbalance, 12)
        }
      }),
      RUNS,
    )
  })

  it('are never NaN, infinite, or outside their bounds, on any book and amount', () => {
    fc.assert(
      fc.property(anyBook, ({ bids, asks }) => {
        const numbers = compute(bids, asks)
        for (const value of valuesOf(numbers)) {
          expect(value === null || Number.isFinite(value)).toBe(true)
        }
        for (const imbalance of numbers.imbalances) {
          if (imbalance !== null) expect(Math.abs(imbalance)).toBeLessThanOrEqual(1)
        }
        if (numbers.spread !== null) expect(numbers.spread).toBeGreaterThan(0)
      }),
      { numRuns: 4000 },
    )
  })

  it('are absent where the book is crossed, locked, one-sided or empty, and only there', () => {
    fc.assert(
      fc.property(anyBook, ({ bids, asks }) => {
        const [bid] = bids
        const [ask] = asks
        const isTradable = bid !== undefined && ask !== undefined && bid[0] < ask[0]
        const numbers = compute(bids, asks)
        expect(numbers.midPrice !== null).toBe(isTradable)
        expect(numbers.spread !== null).toBe(isTradable)
        if (!isTradable) expect(valuesOf(numbers).every((value) => value === null)).toBe(true)
        expect(numbers.bestBid).toEqual(
          bid === undefined ? null : { price: bid[0], amount: bid[1] },
        )
        expect(numbers.bestAsk).toEqual(
          ask === undefined ? null : { price: ask[0], amount: ask[1] },
        )
      }),
      RUNS,
    )
  })

  it.each<[string, Level[], Level[]]>([
    ['crossed', [[11, 1]], [[10, 1]]],
    ['locked', [[10, 1]], [[10, 1]]],
    ['without bids', [], [[10, 1]]],
    ['without asks', [[10, 1]], []],
    ['empty', [], []],
  ])('are absent for a book that is %s', (_what, bids, asks) => {
    expect(valuesOf(compute(bids, asks))).toEqual([null, null, null, null, null, null, null])
  })

  it('have one imbalance for each requested depth, in that order', () => {
    const numbers = computeBookNumbers([[1, 3]], [[2, 1]], [10, 1])
    expect(numbers.imbalances).toEqual([0.5, 0.5])
    expect(computeBookNumbers([[1, 3]], [], [10, 1]).imbalances).toEqual([null, null])
  })
})

describe('imbalance', () => {
  const depth = fc.integer({ min: 1, max: 30 })

  it('changes its sign, and nothing else, when the sides are swapped', () => {
    fc.assert(
      fc.property(tradableBook(amount), depth, ({ bids, asks }, n) => {
        const one = imbalanceAtDepth(bids, asks, n)
        const other = imbalanceAtDepth(asks, bids, n)
        if (one === null) expect(other).toBeNull()
        // 0 and -0 compare equal for every reader.
        else expect(other === 0 - one).toBe(true)
      }),
      RUNS,
    )
  })

  it('does not depend on the unit of the amounts', () => {
    fc.assert(
      fc.property(
        tradableBook(),
        depth,
        fc.integer({ min: -20, max: 20 }),
        ({ bids, asks }, n, power) => {
          // A power of two scales a double without rounding, so the bits must be equal.
          const factor = 2 ** power
          expect(imbalanceAtDepth(scaled(bids, factor), scaled(asks, factor), n)).toBe(
            imbalanceAtDepth(bids, asks, n),
          )
        },
      ),
      RUNS,
    )
  })

  it('at depth N does not depend on levels beyond N', () => {
    fc.assert(
      fc.property(tradableBook(), tradableBook(), depth, (book, other, n) => {
        const cut = (levels: Level[], tail: Level[]) => [
          ...levels.slice(0, n),
          ...(levels.length >= n ? tail : []),
        ]
        expect(imbalanceAtDepth(cut(book.bids, other.bids), cut(book.asks, other.asks), n)).toBe(
          imbalanceAtDepth(book.bids, book.asks, n),
        )
      }),
      RUNS,
    )
  })

  it('depends on level N itself', () => {
    fc.assert(
      fc.property(tradableBook(), ordinaryAmount, ({ bids, asks }, more) => {
        const n = bids.length
        const last = bids[n - 1] ?? [0, 0]
        const changed: Level[] = [...bids.slice(0, -1), [last[0], last[1] + more]]
        expect(imbalanceAtDepth(changed, asks, n)).toBeGreaterThan(
          imbalanceAtDepth(bids, asks, n) ?? 1,
        )
      }),
      RUNS,
    )
  })

  it('is 1 with all the amount on the bid side, -1 on the ask side, 0 in balance', () => {
    expect(imbalanceAtDepth([[1, 5]], [[2, 0]], 1)).toBe(1)
    expect(imbalanceAtDepth([[1, 0]], [[2, 5]], 1)).toBe(-1)
    expect(imbalanceAtDepth([[1, 5]], [[2, 5]], 1)).toBe(0)
    expect(imbalanceAtDepth([], [], 1)).toBeNull()
  })
})

describe('the weighted mid', () => {
  it('lies inside the spread, for any amounts', () => {
    fc.assert(
      fc.property(tradableBook(amount), ({ bids, asks }) => {
        const { weightedMidPrice, bestBid, bestAsk } = compute(bids, asks)
        if (weightedMidPrice === null) return
        expect(weightedMidPrice).toBeGreaterThanOrEqual(bestBid?.price ?? Infinity)
        expect(weightedMidPrice).toBeLessThanOrEqual(bestAsk?.price ?? -Infinity)
      }),
      { numRuns: 4000 },
    )
  })

  it('lies inside the spread to the last digit', () => {
    const numbers = compute([[10.5515, 0.7784515599181344]], [[10.5517, 1911586773693.695]])
    expect(numbers.weightedMidPrice).toBe(10.5515)
  })

  it('leans towards the side with less amount', () => {
    fc.assert(
      fc.property(tradableBook(), ({ bids, asks }) => {
        const { weightedMidPrice, midPrice, bestBid, bestAsk } = compute(bids, asks)
        if (bestBid === null || bestAsk === null) throw new Error('not tradable')
        const lean = Math.sign(bestBid.amount - bestAsk.amount)
        const difference = (weightedMidPrice ?? NaN) - (midPrice ?? NaN)
        // Rounding may hide a shift below the last digit of the price.
        if (Math.abs(difference) > 1e-9 * (midPrice ?? 0)) expect(Math.sign(difference)).toBe(lean)
        else
          expect(
            Math.abs(bestBid.amount - bestAsk.amount) / (bestBid.amount + bestAsk.amount),
          ).toBeLessThan(0.01)
      }),
      RUNS,
    )
  })

  it('is absent, not 0, if the sum of the amounts overflows', () => {
    const { weightedMidPrice } = compute([[10, Number.MAX_VALUE]], [[11, Number.MAX_VALUE]])
    expect(weightedMidPrice).toBeNull()
  })
})
