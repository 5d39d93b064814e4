import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  orderFlow,
  topDepth,
  topImbalance,
  topOf,
  type TopOfBook,
} from '../../src/analytics/top-of-book.ts'
import { OrderBook } from '../../src/book/order-book.ts'
import { LevelList } from '../../src/model/level-list.ts'
import { anyBook } from '../book/arbitraries.ts'
import { anyTop, scaled, swapped } from './streams.ts'

const before: TopOfBook = { bidPrice: 100, bidAmount: 50, askPrice: 101, askAmount: 70 }

describe('the order flow of an event', () => {
  it.each<[string, Partial<TopOfBook>, number]>([
    ['nothing changed', {}, 0],
    ['more at the bid', { bidAmount: 55 }, 5],
    ['less at the bid', { bidAmount: 20 }, -30],
    ['a higher bid: all of it is new', { bidPrice: 100.5, bidAmount: 8 }, 8],
    ['a lower bid: all of the old one is gone', { bidPrice: 99, bidAmount: 500 }, -50],
    ['more at the ask', { askAmount: 75 }, -5],
    ['less at the ask', { askAmount: 1 }, 69],
    ['a lower ask: all of it is new', { askPrice: 100.5, askAmount: 8 }, -8],
    ['a higher ask: all of the old one is gone', { askPrice: 102, askAmount: 500 }, 70],
    ['both sides at once', { bidPrice: 100.5, bidAmount: 8, askPrice: 102, askAmount: 3 }, 78],
  ])('is what came and went at the best prices: %s', (_what, change, flow) => {
    expect(orderFlow(before, { ...before, ...change })).toBe(flow)
  })

  it('is exactly 0 if nothing changed, for any amounts', () => {
    const odd = fc.double({ min: 5e-324, max: 1e300, noNaN: true })
    fc.assert(
      fc.property(anyTop, odd, odd, (top, bidAmount, askAmount) => {
        const strange = { ...top, bidAmount, askAmount }
        expect(orderFlow(strange, { ...strange })).toBe(0)
      }),
    )
  })

  it('changes its sign, and nothing else, when the sides are swapped', () => {
    fc.assert(
      fc.property(anyTop, anyTop, (one, other) => {
        const flow = orderFlow(one, other)
        expect(orderFlow(swapped(one), swapped(other)) + flow).toBe(0)
      }),
      { numRuns: 2000 },
    )
  })

  it('scales with the amounts', () => {
    fc.assert(
      fc.property(anyTop, anyTop, fc.integer({ min: -20, max: 20 }), (one, other, power) => {
        const factor = 2 ** power
        expect(orderFlow(scaled(one, factor), scaled(other, factor))).toBe(
          orderFlow(one, other) * factor,
        )
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the top of a book', () => {
  it('is present if the book can be traded on, and does not depend on deeper levels', () => {
    let there = 0
    fc.assert(
      fc.property(anyBook, ({ bids, asks }) => {
        const book = new OrderBook()
        book.replace(LevelList.of(bids), LevelList.of(asks))
        const top = topOf(book)
        const [bid] = bids
        const [ask] = asks
        if (bid === undefined || ask === undefined || bid[0] >= ask[0]) {
          expect(top).toBeNull()
          return
        }
        there += 1
        expect(top).toEqual({
          bidPrice: bid[0],
          bidAmount: bid[1],
          askPrice: ask[0],
          askAmount: ask[1],
        })
      }),
      { numRuns: 1000 },
    )
    expect(there).toBeGreaterThan(20)
  })

  it('has an imbalance and a depth', () => {
    expect(topImbalance({ ...before, bidAmount: 30, askAmount: 10 })).toBe(0.5)
    expect(topDepth({ ...before, bidAmount: 30, askAmount: 10 })).toBe(20)
    const huge = { ...before, bidAmount: Number.MAX_VALUE, askAmount: Number.MAX_VALUE }
    expect(topImbalance(huge)).toBeNaN()
  })
})
