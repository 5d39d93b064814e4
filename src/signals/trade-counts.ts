import { finiteOrNull } from '../analytics/event-time.ts'
import type { Trade } from '../model/frames.ts'
import type { TradeNumbers } from '../model/signals.ts'

/**
 * Counts trades and sums their amounts by taker side; keeps the prices that came with the last one.
 */
export class TradeCounts {
  readonly #totals = { buy: { count: 0, amount: 0 }, sell: { count: 0, amount: 0 } }
  #markPrice: number | null = null
  #indexPrice: number | null = null

  accept({ side, amount, markPrice, indexPrice }: Trade): void {
    const totals = this.#totals[side]
    totals.count += 1
    totals.amount += amount
    this.#markPrice = markPrice
    this.#indexPrice = indexPrice
  }

  /** Counts since creation. */
  get totals(): TradeNumbers['totals'] {
    return this.#totals
  }

  /**
   * Mark and index price that came with the last trade; null where the exchange did not send them.
   */
  get last(): Pick<TradeNumbers, 'markPrice' | 'indexPrice' | 'basisRatio'> {
    const [markPrice, indexPrice] = [this.#markPrice, this.#indexPrice]
    const hasBasis = markPrice !== null && indexPrice !== null && indexPrice > 0
    return {
      markPrice,
      indexPrice,
      basisRatio: hasBasis ? finiteOrNull(markPrice / indexPrice - 1) : null,
    }
  }
}
