import type { Trade } from '../model/frames.ts'
import { ABSENT_TRADE_WINDOW, type TradeWindowNumbers } from '../model/snapshot.ts'
import { type EventTime, finiteOrNull, isWeight, MAX_STEP_BACK_MS } from './event-time.ts'
import type { Fold } from './fold.ts'
import { Ring } from './ring.ts'

/** Columns of a trade: its amount is in the column of its taker side, 0 in the other. */
const TIME = 0
const BUY = 1
const SELL = 2

const FOLDS: readonly Fold[] = [
  { kind: 'sum', column: BUY },
  { kind: 'sum', column: SELL },
]
const BUY_SUM = 0
const SELL_SUM = 1

/**
 * Maximum number of trades: one minute at 546 per second. Beyond it, windows that need older ones
 * are absent.
 */
const MAX_TRADES = 32_768
/** How far trades may be ahead of the book they are read with, ms of exchange time. */
const AHEAD_MS = 10_000

/**
 * Volumes of the trades of one instrument by taker side, over windows of exchange time. Independent
 * of sequences: the caller calls `start` whenever trades may be missing.
 */
export class TradeWindows {
  readonly #keepMs: number
  readonly #trades = new Ring({ columns: 3, folds: FOLDS, maxRows: MAX_TRADES })
  /** All trades since this time are complete; producer's clock, epoch ms. */
  #completeSinceMs = Infinity

  constructor(longestWindowMs: number) {
    this.#keepMs = longestWindowMs + AHEAD_MS
  }

  /** Bytes of the arrays. */
  get bytes(): number {
    return this.#trades.bytes
  }

  /** Removes all trades; later ones are complete from this time on (producer's clock, epoch ms). */
  start(verifiedTimeMs: number): void {
    this.#trades.clear()
    this.#completeSinceMs = verifiedTimeMs
  }

  accept(trade: Pick<Trade, 'side' | 'amount'>, at: EventTime): void {
    const trades = this.#trades
    const lastTimeMs = trades.end === 0 ? -Infinity : trades.at(trades.end - 1, TIME)
    if (at.exchangeTimeMs < lastTimeMs - MAX_STEP_BACK_MS) this.start(at.verifiedTimeMs)
    const timeMs = trades.end === 0 ? at.exchangeTimeMs : Math.max(at.exchangeTimeMs, lastTimeMs)
    const row = trades.push()
    trades.set(row, TIME, timeMs)
    trades.set(row, BUY, trade.side === 'buy' ? trade.amount : 0)
    trades.set(row, SELL, trade.side === 'sell' ? trade.amount : 0)
    trades.dropFollowedBy(timeMs - this.#keepMs)
  }

  /**
   * Reads (t - covered, t]: the part of a window that its book covers. Absent without trades, and
   * if trades of that time may be missing.
   */
  read(at: EventTime, coveredMs: number): TradeWindowNumbers {
    const trades = this.#trades
    const startMs = at.exchangeTimeMs - coveredMs
    const from = trades.firstAbove(startMs)
    const to = trades.firstAbove(at.exchangeTimeMs)
    const isComplete = this.#completeSinceMs <= at.verifiedTimeMs - coveredMs
    const isCut = trades.droppedTo > startMs
    if (from === to || !isComplete || isCut) return ABSENT_TRADE_WINDOW
    const buy = trades.fold(BUY_SUM, from, to)
    const sell = trades.fold(SELL_SUM, from, to)
    return {
      tradeFlowImbalance: isWeight(buy + sell) ? (buy - sell) / (buy + sell) : null,
      buyVolume: finiteOrNull(buy),
      sellVolume: finiteOrNull(sell),
      tradeCount: to - from,
    }
  }
}
