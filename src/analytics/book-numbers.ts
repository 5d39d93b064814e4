import { findBadTop } from '../book/levels.ts'
import type { Level } from '../model/frames.ts'
import type { BandNumbers, BookNumbers, PriceAmount } from '../model/snapshot.ts'
import { finiteOrNull, isWeight } from './event-time.ts'
import type { ReadableSide } from '../book/book-side.ts'
import type { OrderBook } from '../book/order-book.ts'
import { type TopOfBook, topOf } from './top-of-book.ts'

/** Mid-price: (Pb_1 + Pa_1) / 2, in the unit of the price. */
export function midPrice(bidPrice: number, askPrice: number): number {
  return (bidPrice + askPrice) / 2
}

/**
 * Weighted mid: (Pb_1 qa_1 + Pa_1 qb_1) / (qb_1 + qa_1), Gatheral & Oomen 2010; lies inside the
 * spread. Not Stoikov's micro-price. NaN if the amounts sum to 0 or overflow.
 */
export function weightedMidPrice({ bidPrice, bidAmount, askPrice, askAmount }: TopOfBook): number {
  // Computed from shares, as products of large prices and amounts could overflow.
  const total = bidAmount + askAmount
  if (!isWeight(total)) return NaN
  const weighted = bidPrice * (askAmount / total) + askPrice * (bidAmount / total)
  // Rounding may move it out of the spread by the last digit.
  return Math.min(Math.max(weighted, bidPrice), askPrice)
}

/**
 * Imbalance at depth N: (sum qb - sum qa) / (sum qb + sum qa) over min(N, present) levels, each
 * side summed separately; in [-1, 1]. N = 1 is the queue imbalance of Gould & Bonart 2016. null if
 * the amounts sum to 0 or overflow.
 */
export function imbalanceAtDepth(
  bids: readonly Level[],
  asks: readonly Level[],
  depth: number,
): number | null {
  const bidAmount = amountWithin(bids, depth)
  const askAmount = amountWithin(asks, depth)
  const total = bidAmount + askAmount
  return isWeight(total) ? (bidAmount - askAmount) / total : null
}

/** Sum of the amounts of the best `depth` levels, in the instrument's amount unit. */
function amountWithin(levels: readonly Level[], depth: number): number {
  let sum = 0
  const count = Math.min(depth, levels.length)
  for (let index = 0; index < count; index++) {
    const level = levels[index]
    if (level !== undefined) sum += level[1]
  }
  return sum
}

/**
 * Computes all numbers of one book. `bids` and `asks` best first, without empty levels. Numbers
 * that a one-sided, empty, crossed or locked book does not have are null; none is ever NaN or
 * infinite.
 */
export function computeBookNumbers(
  bids: readonly Level[],
  asks: readonly Level[],
  depths: readonly number[],
): BookNumbers {
  const bestBid = bestOf(bids)
  const bestAsk = bestOf(asks)
  const absent = depths.map(() => null)
  if (bestBid === null || bestAsk === null || findBadTop(bestBid.price, bestAsk.price) !== null) {
    return {
      bestBid,
      bestAsk,
      midPrice: null,
      weightedMidPrice: null,
      spread: null,
      spreadRatio: null,
      imbalances: absent,
    }
  }
  const top: TopOfBook = {
    bidPrice: bestBid.price,
    bidAmount: bestBid.amount,
    askPrice: bestAsk.price,
    askAmount: bestAsk.amount,
  }
  const mid = midPrice(bestBid.price, bestAsk.price)
  const spread = bestAsk.price - bestBid.price
  return {
    bestBid,
    bestAsk,
    midPrice: finiteOrNull(mid),
    weightedMidPrice: finiteOrNull(weightedMidPrice(top)),
    spread: finiteOrNull(spread),
    spreadRatio: mid > 0 ? finiteOrNull(spread / mid) : null,
    imbalances: depths.map((depth) => imbalanceAtDepth(bids, asks, depth)),
  }
}

function bestOf(levels: readonly Level[]): PriceAmount | null {
  const best = levels[0]
  return best === undefined ? null : { price: best[0], amount: best[1] }
}

const ABSENT: BandNumbers = {
  bid: null,
  ask: null,
  imbalance: null,
  bidCovered: false,
  askCovered: false,
}

/**
 * Depth within `bps` basis points of the mid M: the amounts of the levels with abs(P - M) <= bps
 * 1e-4 M, each side summed separately, and their imbalance. A side is null if the band may extend
 * beyond the levels that the exchange sent; all are null without a mid above 0.
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
