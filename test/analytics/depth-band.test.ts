import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { depthWithin } from '../../src/analytics/book-numbers.ts'
import { OrderBook } from '../../src/book/order-book.ts'
import type { Level } from '../../src/model/frames.ts'
import { LevelList } from '../../src/model/level-list.ts'
import { anyBook, tradableBook } from '../book/arbitraries.ts'
import { slowBand } from './slow-windows.ts'

/** Mid 10,000: a basis point is 1. */
const BIDS: Level[] = [
  [9_999, 1],
  [9_995, 2],
  [9_990, 4],
]
const ASKS: Level[] = [
  [10_001, 8],
  [10_005, 16],
  [10_010.5, 32],
]

function bookOf(
  bids: readonly Level[],
  asks: readonly Level[],
  maxLevels: number | null,
): OrderBook {
  const book = new OrderBook()
  book.replace(LevelList.of(bids), LevelList.of(asks), maxLevels)
  return book
}

describe('the depth within some basis points of the mid', () => {
  it('sums the amounts in the band on each side, its edge included', () => {
    expect(depthWithin(bookOf(BIDS, ASKS, null), 5)).toEqual({
      bid: 3,
      ask: 24,
      imbalance: (3 - 24) / 27,
      bidCovered: true,
      askCovered: true,
    })
  })

  it('is absent, not too small, if the band may hold levels that were not sent', () => {
    expect(depthWithin(bookOf(BIDS, ASKS, 3), 10)).toEqual({
      bid: null,
      ask: 24,
      imbalance: null,
      bidCovered: false,
      askCovered: true,
    })
    expect(depthWithin(bookOf(BIDS, ASKS, 3), 11)).toMatchObject({ bid: null, ask: null })
  })

  it('is present for every band if the exchange sent the full side', () => {
    expect(depthWithin(bookOf(BIDS, ASKS, 4), 11)).toMatchObject({ bid: 7, ask: 56 })
    expect(depthWithin(bookOf(BIDS, ASKS, null), 5000)).toMatchObject({ bid: 7, ask: 56 })
  })

  it('counts levels without an amount as sent', () => {
    const shown: Level[] = [...BIDS, [9_989, 0]]
    expect(depthWithin(bookOf(shown, ASKS, 4), 20)).toMatchObject({ bid: null, bidCovered: false })
    expect(depthWithin(bookOf(shown, ASKS, 5), 20)).toMatchObject({ bid: 7, bidCovered: true })
  })

  it('is 0 in a band inside the spread, with an absent imbalance', () => {
    expect(depthWithin(bookOf(BIDS, ASKS, 3), 0.5)).toEqual({
      bid: 0,
      ask: 0,
      imbalance: null,
      bidCovered: true,
      askCovered: true,
    })
  })

  it.each<[string, Level[], Level[]]>([
    ['one-sided', BIDS, []],
    ['empty', [], []],
    ['crossed', [[10_002, 1]], ASKS],
    ['locked', [[10_001, 1]], ASKS],
    ['without a mid above 0', [[-3, 1]], [[-1, 1]]],
  ])('is absent in a book that is %s', (_what, bids, asks) => {
    expect(depthWithin(bookOf(bids, asks, null), 10)).toEqual({
      bid: null,
      ask: null,
      imbalance: null,
      bidCovered: false,
      askCovered: false,
    })
  })

  it('equals a slow reference computation on any book, for any number of levels sent', () => {
    let covered = 0
    fc.assert(
      fc.property(
        tradableBook(),
        fc.constantFrom(1, 5, 10, 25, 200, 3000),
        fc.constantFrom(null, 1, 10, 20),
        ({ bids, asks }, bps, maxLevels) => {
          const shown = (levels: Level[]) => levels.slice(0, maxLevels ?? levels.length)
          const actual = depthWithin(bookOf(shown(bids), shown(asks), maxLevels), bps)
          const expected = slowBand(shown(bids), shown(asks), bps, maxLevels)
          expect(actual).toMatchObject(expected)
          expect([actual.bidCovered, actual.askCovered]).toEqual([
            expected.bid !== null,
            expected.ask !== null,
          ])
          // Levels that were not sent must not change a number that is present.
          const whole = slowBand(bids, asks, bps, null)
          if (actual.bid !== null) expect(actual.bid).toBe(whole.bid)
          if (actual.ask !== null) expect(actual.ask).toBe(whole.ask)
          if (actual.imbalance !== null) covered += 1
        },
      ),
      { numRuns: 2000 },
    )
    expect(covered).toBeGreaterThan(500)
  })

  it('changes the sign of the imbalance when the amounts of the sides are swapped', () => {
    const mirrored = (levels: readonly Level[]): Level[] =>
      levels.map(([price, amount]) => [20_000 - price, amount])
    const there = depthWithin(bookOf(BIDS, ASKS, null), 10)
    const back = depthWithin(bookOf(mirrored(ASKS), mirrored(BIDS), null), 10)
    expect(back).toMatchObject({ bid: there.ask, ask: there.bid })
    expect(back.imbalance).toBe(0 - (there.imbalance ?? NaN))
  })

  it('is never NaN or infinite', () => {
    fc.assert(
      fc.property(anyBook, fc.integer({ min: 1, max: 5000 }), ({ bids, asks }, bps) => {
        const { bid, ask, imbalance } = depthWithin(bookOf(bids, asks, null), bps)
        for (const value of [bid, ask, imbalance]) {
          expect(value === null || Number.isFinite(value)).toBe(true)
        }
        expect(Math.abs(imbalance ?? 0)).toBeLessThanOrEqual(1)
      }),
      { numRuns: 1000 },
    )
  })
})
