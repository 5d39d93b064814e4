import fc from 'fast-check'
import type { TopOfBook } from '../../src/analytics/top-of-book.ts'
import type { SlowTop } from './slow-windows.ts'

/** A top on a grid of few prices, so that prices stay, rise and fall; amounts of any size. */
export const anyTop: fc.Arbitrary<TopOfBook> = fc
  .record({
    tick: fc.integer({ min: 1000, max: 1006 }),
    spread: fc.integer({ min: 1, max: 3 }),
    bidAmount: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 1e9 })),
    askAmount: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 1e9 })),
  })
  .map(({ tick, spread, bidAmount, askAmount }) => ({
    bidPrice: tick * 0.5,
    bidAmount: bidAmount / 10,
    askPrice: (tick + spread) * 0.5,
    askAmount: askAmount / 10,
  }))

/** Milliseconds between two events: none, a few, and longer than every window. */
export const anyGapMs = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 400 }) },
  { weight: 3, arbitrary: fc.integer({ min: 401, max: 3000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 9_000, max: 70_000 }) },
  // Multiples of the windows and of the grid, where "at or before" and "before" differ.
  { weight: 2, arbitrary: fc.constantFrom(1000, 2000, 10_000, 60_000) },
)

export const asSlow = ({ bidPrice, bidAmount, askPrice, askAmount }: TopOfBook): SlowTop => ({
  bid: [bidPrice, bidAmount],
  ask: [askPrice, askAmount],
})

/** The book seen from the other side. */
export const swapped = ({ bidPrice, bidAmount, askPrice, askAmount }: TopOfBook): TopOfBook => ({
  bidPrice: -askPrice,
  bidAmount: askAmount,
  askPrice: -bidPrice,
  askAmount: bidAmount,
})

export const scaled = (top: TopOfBook, factor: number): TopOfBook => ({
  ...top,
  bidAmount: top.bidAmount * factor,
  askAmount: top.askAmount * factor,
})
