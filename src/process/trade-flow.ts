import type { EventTime } from '../analytics/moment.ts'
import { TradeWindows } from '../analytics/trade-windows.ts'
import { checkTrade, type TradePoint } from '../book/trade-sequence.ts'
import type { LastTrade, TradeWindowNumbers } from '../model/analytics.ts'
import type { Trade } from '../model/frame.ts'

export interface TradeFlowOptions {
  longestWindowMs: number
  /** All trades since are told to this flow; producer's clock, epoch ms. */
  completeSinceMs: number
}

/** The trades of one instrument, each once, and what they say over windows. */
export class TradeFlow {
  readonly #windows: TradeWindows
  readonly #onGap: () => void
  #last: TradePoint | null = null
  #lastTrade: LastTrade | null = null

  /** @param onGap called for each hole in the numbers of the trades */
  constructor(options: TradeFlowOptions, onGap: () => void) {
    this.#windows = new TradeWindows(options.longestWindowMs)
    this.#windows.start(options.completeSinceMs)
    this.#onGap = onGap
  }

  /** Newest trade on the book; null before the first. */
  get lastTrade(): LastTrade | null {
    return this.#lastTrade
  }

  /** Bytes of the arrays. */
  get bytes(): number {
    return this.#windows.bytes
  }

  /**
   * Takes a trade; false where it was seen before.
   * @param receivedTimeMs receipt of the trade's frame by the producer, epoch ms
   */
  apply(trade: Trade, receivedTimeMs: number): boolean {
    const result = checkTrade(this.#last, trade)
    if (result === 'duplicate') return false
    if (result === 'gap') {
      this.#onGap()
      this.#windows.start(receivedTimeMs)
    }
    this.#last = { tradeSeq: trade.tradeSeq, exchangeTimeMs: trade.exchangeTimeMs }
    // They have a number like all others, but took nothing from this book.
    if (trade.isBlock || trade.isComboLeg) return true
    const { price, amount, side, exchangeTimeMs } = trade
    this.#windows.accept(trade, { exchangeTimeMs, verifiedTimeMs: receivedTimeMs })
    this.#lastTrade = { price, amount, side, exchangeTimeMs }
    return true
  }

  /** @param coveredMs as much of the window as the windows of the book cover */
  read(at: EventTime, coveredMs: number): TradeWindowNumbers {
    return this.#windows.read(at, coveredMs)
  }
}
