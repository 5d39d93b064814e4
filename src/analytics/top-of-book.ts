import { findBadTop } from '../book/levels.ts'
import type { OrderBook } from '../book/order-book.ts'

/** Best prices and amounts of a two-sided book that is neither crossed nor locked. */
export interface TopOfBook {
  readonly bidPrice: number
  readonly bidAmount: number
  readonly askPrice: number
  readonly askAmount: number
}

/** Returns the top of a book; null if a side is missing, or the book is crossed or locked. */
export function topOf({ bidSide, askSide }: OrderBook): TopOfBook | null {
  if (bidSide.size === 0 || askSide.size === 0) return null
  const bidPrice = bidSide.priceAt(0)
  const askPrice = askSide.priceAt(0)
  if (findBadTop(bidPrice, askPrice) !== null) return null
  return { bidPrice, bidAmount: bidSide.amountAt(0), askPrice, askAmount: askSide.amountAt(0) }
}

/**
 * Queue imbalance (qb - qa)/(qb + qa) in [-1, 1], Gould & Bonart 2016; NaN if the amounts overflow.
 */
export function topImbalance({ bidAmount, askAmount }: TopOfBook): number {
  const total = bidAmount + askAmount
  return Number.isFinite(total) ? (bidAmount - askAmount) / total : NaN
}

/** Depth of the top, (qb + qa)/2, in the instrument's amount unit. */
export function topDepth({ bidAmount, askAmount }: TopOfBook): number {
  return (bidAmount + askAmount) / 2
}

/**
 * Order flow of one event, from the previous top to the current one, in the instrument's amount
 * unit:
 *
 *   e = 1{Pb >= Pb'} qb - 1{Pb <= Pb'} qb' - 1{Pa <= Pa'} qa + 1{Pa >= Pa'} qa'
 *
 * Cont, Kukanov & Stoikov 2014. Positive under buying pressure; 0 when nothing changed; swapping
 * the sides changes the sign.
 */
export function orderFlow(before: TopOfBook, now: TopOfBook): number {
  const atBid =
    (now.bidPrice >= before.bidPrice ? now.bidAmount : 0) -
    (now.bidPrice <= before.bidPrice ? before.bidAmount : 0)
  const atAsk =
    (now.askPrice <= before.askPrice ? now.askAmount : 0) -
    (now.askPrice >= before.askPrice ? before.askAmount : 0)
  return atBid - atAsk
}
