import { MAX_STEP_BACK_MS } from '../analytics/event-time.ts'
import { Ring } from '../analytics/ring.ts'
import type { Trade } from '../model/frames.ts'
import { type DiscardReason, type Interruption, INTERRUPTIONS } from '../model/signals.ts'

/** Columns of a mid-price: in force from TIME on; NaN from an interruption on. */
const TIME = 0
const MID = 1
/** Number of the period without interruption. */
const PERIOD = 2
/** Why the period ended, as an index in INTERRUPTIONS; only in a row without a mid-price. */
const REASON = 3

/** Columns of a trade: PRICE is its price; SIGN is 1 for a buy. */
const PRICE = 1
const SIGN = 2
/** Mid-price before the trade, and its period; NaN if there was no live book. */
const MID_BEFORE = 3
const PERIOD_BEFORE = 4

/** Mid-prices of 80 s at 200 changes per second. */
const MAX_MIDS = 16_384
/** Trades of one minute at 546 per second, as for the windows. */
const MAX_TRADES = 32_768
/** How much later than the book a trade may arrive, in exchange time. */
const LATE_MS = 10_000
const BPS = 10_000

export interface TradeCostsOptions {
  readonly horizonsMs: readonly number[]
  readonly windowMs: number
}

/** Mean cost of some trades. */
export interface CostMean {
  readonly trades: number
  /** Basis points; NaN without trades. */
  readonly meanBps: number
}

/**
 * Costs of the trades of one instrument (Huang & Stoll 1996), d = 1 for a buy and -1 for a sell:
 *
 *   effective spread        2 d (P - M) / M
 *   realised spread after h 2 d (P - M(t + h)) / M
 *
 * M is the last mid-price before the time of the trade: an update with the same time may already
 * show its effect. Trades and books come from two topics. A trade is evaluated when the book is known
 * beyond the time in question, in the order of the trades, so that the result does not depend on the
 * order in which the topics were read. Sums are kept by second.
 */
export class TradeCosts {
  readonly #horizonsMs: readonly number[]
  readonly #onDiscard: (reason: DiscardReason) => void
  readonly #mids = new Ring({ columns: 4, folds: [], maxRows: MAX_MIDS })
  readonly #trades = new Ring({ columns: 5, folds: [], maxRows: MAX_TRADES })
  /** Sums of the effective spread, then of the realised ones, by second of the trade. */
  readonly #sums: Ring
  readonly #keepMs: number
  readonly #windowMs: number
  /** Next trade without effective spread, then without realised spread by horizon. */
  readonly #next: number[]
  /** By stage, where the last search ended: times only increase, so the next one starts there. */
  readonly #midRows: number[]
  readonly #sumRows: number[]
  #period = 0
  #lastTradeMs = -Infinity
  #timeMs = -Infinity
  /** Earliest time at which a trade can be evaluated. */
  #dueMs = Infinity

  constructor(options: TradeCostsOptions, onDiscard: (reason: DiscardReason) => void) {
    this.#horizonsMs = options.horizonsMs
    this.#onDiscard = onDiscard
    this.#keepMs = Math.max(...options.horizonsMs) + LATE_MS
    this.#windowMs = options.windowMs
    this.#next = [0, ...options.horizonsMs.map(() => 0)]
    this.#midRows = this.#next.map(() => 0)
    this.#sumRows = this.#next.map(() => 0)
    const stages = this.#next.length
    this.#sums = new Ring({
      columns: 1 + 2 * stages,
      folds: [],
      maxRows: this.#windowMs / 1000 + this.#keepMs / 1000,
    })
  }

  get bytes(): number {
    return this.#mids.bytes + this.#trades.bytes + this.#sums.bytes
  }

  /**
   * Starts a period without interruption. If the exchange's clock stepped back, times before and
   * after cannot be compared: everything before is discarded.
   */
  start(mid: number, timeMs: number): void {
    if (timeMs < this.#timeMs - MAX_STEP_BACK_MS) {
      this.#discardWaiting()
      this.#mids.clear()
      this.#sums.clear()
      this.#timeMs = -Infinity
    }
    this.#period += 1
    this.#addMid(mid, timeMs, 0)
  }

  /** Notes the mid-price in force from `timeMs` on, not before the last time. */
  accept(mid: number, timeMs: number): void {
    const mids = this.#mids
    if (mids.at(mids.end - 1, MID) === mid) this.#timeMs = Math.max(this.#timeMs, timeMs)
    else this.#addMid(mid, timeMs, 0)
    if (this.#timeMs >= this.#dueMs) this.#evaluate()
  }

  /** Ends the period at the last known time. */
  stop(reason: Interruption): void {
    this.#addMid(NaN, this.#timeMs, INTERRUPTIONS.indexOf(reason))
  }

  acceptTrade({
    price,
    side,
    exchangeTimeMs,
  }: Pick<Trade, 'price' | 'side' | 'exchangeTimeMs'>): void {
    const trades = this.#trades
    // Otherwise one trade with a wrong time in the future would delay all later ones until then.
    if (exchangeTimeMs < this.#lastTradeMs - MAX_STEP_BACK_MS) this.#discardWaiting()
    this.#lastTradeMs = Math.max(exchangeTimeMs, this.#lastTradeMs)
    const row = trades.push()
    trades.set(row, TIME, this.#lastTradeMs)
    trades.set(row, PRICE, price)
    trades.set(row, SIGN, side === 'buy' ? 1 : -1)
    trades.set(row, MID_BEFORE, NaN)
    trades.set(row, PERIOD_BEFORE, NaN)
    this.#countOverflow()
    this.#dueMs = Math.min(this.#dueMs, trades.at(row, TIME))
    if (this.#timeMs >= this.#dueMs) this.#evaluate()
  }

  /**
   * Mean cost of the trades in (from, to], epoch s.
   * @param stage 0 = effective spread; n = realised spread at horizon n - 1
   */
  read(stage: number, fromSecond: number, toSecond: number): CostMean {
    const sums = this.#sums
    let trades = 0
    let sum = 0
    const end = sums.firstAbove(toSecond)
    for (let row = sums.firstAbove(fromSecond); row < end; row += 1) {
      trades += sums.at(row, 2 + 2 * stage)
      sum += sums.at(row, 1 + 2 * stage)
    }
    return { trades, meanBps: sum / trades }
  }

  #addMid(mid: number, timeMs: number, reason: number): void {
    const mids = this.#mids
    this.#timeMs = Math.max(this.#timeMs, timeMs)
    const row = mids.push()
    mids.set(row, TIME, this.#timeMs)
    mids.set(row, MID, mid)
    mids.set(row, PERIOD, this.#period)
    mids.set(row, REASON, reason)
    mids.dropFollowedBy(this.#timeMs - this.#keepMs)
  }

  /** Evaluates the trades, in their order, as far as the book is known. */
  #evaluate(): void {
    const trades = this.#trades
    this.#dueMs = Infinity
    let first = trades.end
    for (let stage = 0; stage < this.#next.length; stage += 1) {
      const delayMs = stage === 0 ? 0 : (this.#horizonsMs[stage - 1] ?? NaN)
      let next = this.#next[stage] ?? 0
      // Known at the time itself: the mid-price before a trade; only later: that in force after h.
      const knownMs = stage === 0 ? this.#timeMs : this.#timeMs - 1
      while (next < trades.end && trades.at(next, TIME) + delayMs <= knownMs) {
        if (stage === 0) this.#evaluateEffective(next)
        else this.#evaluateRealized(next, stage, delayMs)
        next += 1
      }
      this.#next[stage] = next
      if (next < trades.end) {
        const dueMs = trades.at(next, TIME) + delayMs + (stage === 0 ? 0 : 1)
        this.#dueMs = Math.min(this.#dueMs, dueMs)
      }
      first = Math.min(first, next)
    }
    trades.dropBefore(first)
  }

  #evaluateEffective(trade: number): void {
    const mids = this.#mids
    // Times are whole milliseconds.
    const before = this.#midAt(0, this.#trades.at(trade, TIME) - 1)
    if (before < mids.first) {
      this.#discardAll(mids.first > 0 ? 'late' : 'no_book')
      return
    }
    const mid = mids.at(before, MID)
    if (!(mid > 0)) {
      this.#discardAll(Number.isNaN(mid) ? 'no_book' : 'no_value')
      return
    }
    this.#trades.set(trade, MID_BEFORE, mid)
    this.#trades.set(trade, PERIOD_BEFORE, mids.at(before, PERIOD))
    this.#add(trade, 0, mid)
  }

  #evaluateRealized(trade: number, stage: number, delayMs: number): void {
    const mids = this.#mids
    if (this.#isDiscarded(trade, stage)) return
    const period = this.#trades.at(trade, PERIOD_BEFORE)
    const row = this.#midAt(stage, this.#trades.at(trade, TIME) + delayMs)
    if (row < mids.first) this.#onDiscard('late')
    else if (mids.at(row, PERIOD) === period && !Number.isNaN(mids.at(row, MID))) {
      this.#add(trade, stage, mids.at(row, MID))
    } else this.#onDiscard(this.#endOf(period, row))
  }

  /** Row of the mid-price in force at a time, not before the last time of this stage. */
  #midAt(stage: number, timeMs: number): number {
    const next = this.#mids.firstAboveFrom(this.#midRows[stage] ?? 0, timeMs)
    this.#midRows[stage] = next
    return next - 1
  }

  /** Whether the trade had no mid-price: then all its samples were counted as discarded together. */
  #isDiscarded(trade: number, stage: number): boolean {
    const isEvaluated = trade < (this.#next[0] ?? 0)
    return stage > 0 && isEvaluated && Number.isNaN(this.#trades.at(trade, PERIOD_BEFORE))
  }

  /** Discards the trades that still wait for a mid-price; the next trade may have any time. */
  #discardWaiting(): void {
    for (const [stage, next] of this.#next.entries()) {
      for (let trade = next; trade < this.#trades.end; trade += 1) {
        if (!this.#isDiscarded(trade, stage)) this.#onDiscard('restart')
      }
    }
    for (const rows of [this.#next, this.#midRows, this.#sumRows]) rows.fill(0)
    this.#trades.clear()
    this.#lastTradeMs = -Infinity
    this.#dueMs = Infinity
  }

  #discardAll(reason: DiscardReason): void {
    for (let stage = 0; stage < this.#next.length; stage += 1) this.#onDiscard(reason)
  }

  #add(trade: number, stage: number, reference: number): void {
    const trades = this.#trades
    const sums = this.#sums
    const difference = trades.at(trade, PRICE) - reference
    const spread = (2 * trades.at(trade, SIGN) * difference) / trades.at(trade, MID_BEFORE)
    const second = Math.ceil(trades.at(trade, TIME) / 1000)
    const row = this.#sumRow(second, stage)
    if (sums.at(row, TIME) !== second) {
      this.#onDiscard('late')
      return
    }
    sums.set(row, 1 + 2 * stage, sums.at(row, 1 + 2 * stage) + spread * BPS)
    sums.set(row, 2 + 2 * stage, sums.at(row, 2 + 2 * stage) + 1)
  }

  /**
   * Row of the sums of a second; the effective spread of a trade comes first and creates it. The row
   * of another second if it was dropped since.
   */
  #sumRow(second: number, stage: number): number {
    const sums = this.#sums
    const known = sums.firstAboveFrom(this.#sumRows[stage] ?? 0, second - 1)
    this.#sumRows[stage] = known
    if (known < sums.end || stage > 0) return known
    const row = sums.push()
    sums.set(row, TIME, second)
    for (let column = 1; column <= 2 * this.#next.length; column += 1) sums.set(row, column, 0)
    sums.dropFollowedBy(second - this.#windowMs / 1000 - this.#keepMs / 1000)
    return row
  }

  /** Why the period ended: from the row without a mid-price that ends it, at or before `row`. */
  #endOf(period: number, row: number): DiscardReason {
    const mids = this.#mids
    for (let index = row; index >= mids.first; index -= 1) {
      const isEnd = mids.at(index, PERIOD) === period && Number.isNaN(mids.at(index, MID))
      if (isEnd) return INTERRUPTIONS[mids.at(index, REASON)] ?? 'restart'
    }
    return 'late'
  }

  /** Counts what was dropped because too many trades waited. */
  #countOverflow(): void {
    const { first } = this.#trades
    for (const [stage, next] of this.#next.entries()) {
      for (let left = first - next; left > 0; left -= 1) this.#onDiscard('overflow')
      this.#next[stage] = Math.max(next, first)
    }
  }
}
