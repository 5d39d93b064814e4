import type { ReadableSide } from '../book/book-side.ts'
import type { OrderBook } from '../book/order-book.ts'
import type { BandNumbers } from '../model/snapshot.ts'
import { midPrice } from './book-numbers.ts'
import { finiteOrNull, isWeight } from './event-time.ts'
import { topOf } from './top-of-book.ts'

const ABSENT: BandNumbers = {
  bid: null,
  ask: null,
  imbalance: null,
  bidCovered: false,
  askCovered: false,
}

/**
 * Depth within `bps` basis points of the mid M: the amounts of the levels with abs(P - M) <= bps
 * 1e-4 M, each side summed separately, and their imbalance. A side is null, not too small, if the
 * band may extend beyond the levels that the exchange sent; all are null without a mid above 0.
 */
export function depthWithin(book: OrderBook, bps: number): BandNumbers {
  const top = topOf(book)
  const mid = top === null ? NaN : midPrice(top.bidPrice, top.askPrice)
  if (!isWeight(mid)) return ABSENT
  const farthest = bps * 1e-4 * mid
  const bid = amountNear(book.bidSide, mid, farthest)
  const ask = amountNear(book.askSide, mid, farthest)
  const total = bid === null || ask === null ? NaN : bid + ask
  return {
    bid: bid === null ? null : finiteOrNull(bid),
    ask: ask === null ? null : finiteOrNull(ask),
    imbalance: bid === null || ask === null || !isWeight(total) ? null : (bid - ask) / total,
    bidCovered: bid !== null,
    askCovered: ask !== null,
  }
}

/** null if no level beyond the band is known and the side is incomplete: the band may hold more. */
function amountNear(side: ReadableSide, mid: number, farthest: number): number | null {
  let sum = 0
  for (let rank = 0; rank < side.size; rank++) {
    if (Math.abs(side.priceAt(rank) - mid) > farthest) return sum
    sum += side.amountAt(rank)
  }
  return side.isWhole ? sum : null
}
