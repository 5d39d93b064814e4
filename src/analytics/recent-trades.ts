import { MAX_STEP_BACK_MS } from './event-time.ts'
import { Ring } from './ring.ts'
import type { Trade } from '../model/frames.ts'
import type { LastTrade } from '../model/snapshot.ts'

/** Columns of a trade. Its row is in time order, whatever its own time. */
const TIME = 0
const EXCHANGE_TIME = 1
const PRICE = 2
const AMOUNT = 3
/** 1 for a buyer as taker, else 0. */
const IS_BUY = 4

/** Maximum number of trades: 372 per second for the time that they are kept. */
const MAX_TRADES = 4096
/** Trades may be this far ahead of the book they are read with. */
const AHEAD_MS = 10_000

/** The newest trades of one instrument, to find the last one at a time that is not long ago. */
export class RecentTrades {
  readonly #keepMs: number
  readonly #trades = new Ring({ columns: 5, folds: [], maxRows: MAX_TRADES })

  /** @param backMs how far before the newest time of the book trades are looked up */
  constructor(backMs: number) {
    this.#keepMs = backMs + AHEAD_MS
  }

  get bytes(): number {
    return this.#trades.bytes
  }

  accept({ exchangeTimeMs, price, amount, side }: Trade): void {
    const trades = this.#trades
    const lastTimeMs = trades.end === 0 ? -Infinity : trades.at(trades.end - 1, TIME)
    if (exchangeTimeMs < lastTimeMs - MAX_STEP_BACK_MS) trades.clear()
    const timeMs = trades.end === 0 ? exchangeTimeMs : Math.max(exchangeTimeMs, lastTimeMs)
    const row = trades.push()
    trades.set(row, TIME, timeMs)
    trades.set(row, EXCHANGE_TIME, exchangeTimeMs)
    trades.set(row, PRICE, price)
    trades.set(row, AMOUNT, amount)
    trades.set(row, IS_BUY, side === 'buy' ? 1 : 0)
    trades.dropFollowedBy(timeMs - this.#keepMs)
  }

  /** The last trade at or before a time; null if there is none, or it is not kept any more. */
  lastAt(exchangeTimeMs: number): LastTrade | null {
    const trades = this.#trades
    const row = trades.firstAbove(exchangeTimeMs) - 1
    if (row < trades.first) return null
    return {
      price: trades.at(row, PRICE),
      amount: trades.at(row, AMOUNT),
      side: trades.at(row, IS_BUY) === 1 ? 'buy' : 'sell',
      exchangeTimeMs: trades.at(row, EXCHANGE_TIME),
    }
  }
}
