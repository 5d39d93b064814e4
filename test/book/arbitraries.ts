import fc from 'fast-check'
import type { Level } from '../../src/model/frames.ts'

/** Prices on a grid, so that two sides meet, cross and lock often. */
export const gridPrice = fc.integer({ min: 1, max: 400 }).map((ticks) => ticks * 0.5)

/** Any amount that a frame may carry: tiny, ordinary, and absurdly large. */
export const amount = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 1_000_000 }).map((units) => units / 10) },
  { weight: 1, arbitrary: fc.constantFrom(5e-324, 1e-300, 1e300, Number.MAX_VALUE) },
)

export const ordinaryAmount = fc.integer({ min: 1, max: 1_000_000 }).map((units) => units / 10)

function side(
  price: fc.Arbitrary<number>,
  of: fc.Arbitrary<number>,
  direction: 1 | -1,
): fc.Arbitrary<Level[]> {
  return fc
    .uniqueArray(fc.tuple(price, of), { maxLength: 25, selector: ([key]) => key })
    .map((levels) => levels.sort((a, b) => direction * (a[0] - b[0])))
}

/** Sorted sides without regard to each other: crossed, locked, one-sided and empty ones included. */
export const anyBook = fc.record({
  bids: side(gridPrice, amount, -1),
  asks: side(gridPrice, amount, 1),
})

/** Two sides that could be traded on: at least one level each, bids below asks. */
export const tradableBook = (of: fc.Arbitrary<number> = ordinaryAmount) =>
  fc
    .record({
      middle: fc.integer({ min: 100, max: 100_000 }),
      bids: side(fc.integer({ min: 1, max: 99 }), of, 1),
      asks: side(fc.integer({ min: 1, max: 99 }), of, 1),
      bestBid: of,
      bestAsk: of,
      tick: fc.constantFrom(0.5, 0.05, 0.0001, 1),
    })
    .map(({ middle, bids, asks, bestBid, bestAsk, tick }) => ({
      bids: [[0, bestBid], ...bids].map(([distance = 0, of = 0]): Level => [
        (middle - distance) * tick,
        of,
      ]),
      asks: [[0, bestAsk], ...asks].map(([distance = 0, of = 0]): Level => [
        (middle + 1 + distance) * tick,
        of,
      ]),
    }))
