/** The place of a trade in the trades of its instrument. */
export interface TradePoint {
  /** Rises by one with each trade. */
  readonly tradeSeq: number
  /** Exchange time, epoch ms. */
  readonly exchangeTimeMs: number
}

/**
 * - `next`: no trade is missing between the last one and this;
 * - `duplicate`: seen before;
 * - `gap`: trades are missing, or the numbers began anew.
 */
export type TradeOrder = 'next' | 'duplicate' | 'gap'

/**
 * Judges a trade by the pair of its number and its time, as pictures are: a number that is not above
 * the last one is a duplicate only if its time is not later either.
 */
export function checkTrade(last: TradePoint | null, trade: TradePoint): TradeOrder {
  if (last === null || trade.tradeSeq === last.tradeSeq + 1) return 'next'
  if (trade.tradeSeq > last.tradeSeq) return 'gap'
  return trade.exchangeTimeMs <= last.exchangeTimeMs ? 'duplicate' : 'gap'
}
