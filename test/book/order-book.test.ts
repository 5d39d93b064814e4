import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OrderBook } from '../../src/book/order-book.ts'
import type { Level } from '../../src/model/frames.ts'
import { LevelList } from '../../src/model/level-list.ts'
import { anyBook, gridPrice } from './arbitraries.ts'
import { PlainBook } from './plain-book.ts'

/** The book, with levels as pairs like those of the plain book. */
class PairBook extends OrderBook {
  replacePairs(bids: readonly Level[], asks: readonly Level[]): void {
    this.replace(LevelList.of(bids), LevelList.of(asks))
  }

  changePairs(bids: readonly Level[], asks: readonly Level[]): void {
    this.change(LevelList.of(bids), LevelList.of(asks))
  }
}

const rows = fc.array(
  fc.tuple(gridPrice, fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 999 }))),
  { maxLength: 12 },
)

describe('a full-depth book', () => {
  it('equals a pair of plain maps, after any snapshots and changes', () => {
    const step = fc.oneof(
      { weight: 9, arbitrary: fc.record({ bids: rows, asks: rows, isWhole: fc.constant(false) }) },
      { weight: 1, arbitrary: anyBook.map((book) => ({ ...book, isWhole: true })) },
    )
    let steps = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (sequence) => {
        const book = new PairBook()
        const plain = new PlainBook()
        for (const { bids, asks, isWhole } of sequence) {
          if (isWhole) {
            book.replacePairs(bids, asks)
            plain.replace(bids, asks)
          } else {
            book.changePairs(bids, asks)
            plain.change(bids, asks)
          }
          steps += 1
          const [ofBids, ofAsks] = [plain.bids(), plain.asks()]
          expect(book.bids(book.bidCount)).toEqual(ofBids)
          expect(book.asks(book.askCount)).toEqual(ofAsks)
          const isEqual = book.equals(LevelList.of(ofBids), LevelList.of(ofAsks))
          const bests = [ofBids[0]?.[0] ?? null, ofAsks[0]?.[0] ?? null, true]
          expect([book.bestBidPrice, book.bestAskPrice, isEqual]).toEqual(bests)
        }
      }),
      { numRuns: 1000 },
    )
    expect(steps).toBeGreaterThan(10_000)
  })

  it('returns the best levels first, and no more than exist', () => {
    const book = new PairBook()
    book.replacePairs(
      [
        [3, 1],
        [2, 5],
        [1, 7],
      ],
      [[4, 2]],
    )
    expect(book.bids(2)).toEqual([
      [3, 1],
      [2, 5],
    ])
    expect(book.asks(10)).toEqual([[4, 2]])
    expect(book.bids(0)).toEqual([])
  })

  it('holds thousands of levels, inserted from either end', () => {
    const levels: Level[] = Array.from({ length: 3000 }, (_, i) => [i + 1, i + 0.5])
    const book = new PairBook()
    book.changePairs(levels, levels.toReversed())
    expect(book.bids(3000)).toEqual(levels.toReversed())
    expect(book.asks(3000)).toEqual(levels)
  })

  it('ignores the removal of a level that does not exist', () => {
    const book = new PairBook()
    book.changePairs([[5, 0]], [[6, 0]])
    book.changePairs([[5, 1]], [])
    book.changePairs(
      [
        [4, 0],
        [6, 0],
      ],
      [],
    )
    expect(book.bids(9)).toEqual([[5, 1]])
    expect(book.bestAskPrice).toBeNull()
  })

  it('has a lowest price of 0, not -0', () => {
    const book = new PairBook()
    book.replacePairs([[0, 1]], [[0, 2]])
    expect(Object.is(book.bestBidPrice, 0)).toBe(true)
    expect(Object.is(book.bids(1)[0]?.[0], 0)).toBe(true)
    expect(Object.is(book.bestAskPrice, 0)).toBe(true)
  })

  it('equals levels only if every price and amount is the same, in order', () => {
    const book = new PairBook()
    book.replacePairs(
      [
        [3, 1],
        [2, 5],
      ],
      [[4, 2]],
    )
    const equals = (bids: Level[], asks: Level[]) =>
      book.equals(LevelList.of(bids), LevelList.of(asks))
    expect(
      equals(
        [
          [3, 1],
          [2, 5],
        ],
        [[4, 2]],
      ),
    ).toBe(true)
    expect(
      equals(
        [
          [3, 1],
          [2.5, 0],
          [2, 5],
        ],
        [
          [4, 2],
          [5, -0],
        ],
      ),
    ).toBe(true)
    expect(equals([[3, 1]], [[4, 2]])).toBe(false)
    expect(
      equals(
        [
          [3, 1],
          [2, 5],
          [1, 1],
        ],
        [[4, 2]],
      ),
    ).toBe(false)
    expect(
      equals(
        [
          [3, 1],
          [2, 6],
        ],
        [[4, 2]],
      ),
    ).toBe(false)
    expect(
      equals(
        [
          [3, 1],
          [1, 5],
        ],
        [[4, 2]],
      ),
    ).toBe(false)
    expect(
      equals(
        [
          [3, 1],
          [2, 5],
        ],
        [],
      ),
    ).toBe(false)
  })
})
