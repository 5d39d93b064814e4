import { midPrice, weightedMidPrice } from '../analytics/book-numbers.ts'
import { finiteOrNull, isWeight, MAX_STEP_BACK_MS } from '../analytics/event-time.ts'
import { topImbalance, type TopOfBook } from '../analytics/top-of-book.ts'
import type { OrderBook } from '../book/order-book.ts'
import type { Trade } from '../model/frames.ts'
import type {
  CalibrationDecile,
  DiscardReason,
  Interruption,
  SignalAxes,
  SignalCounts,
  SignalNumbers,
} from '../model/signals.ts'
import { HorizonOutcomes } from './horizon-outcomes.ts'
import { MicroPrice } from './micro-price.ts'
import { NextMove } from './next-move.ts'
import { calibrate, readSignals } from './read-signals.ts'
import { MID, SecondGrid } from './second-grid.ts'
import { TradeCosts } from './trade-costs.ts'
import { TradeCounts } from './trade-counts.ts'

/** Whether samples are possible: `starting` from the first book of a period to the next one. */
type Phase = 'stopped' | 'starting' | 'running'

/**
 * Measures whether the imbalance of one instrument predicts its price: from the accepted books and
 * the trades, in exchange time.
 *
 * A period is a time in which the book was live without interruption. It starts with the second
 * accepted book, as the exchange time of the first may be long before it was observed. An
 * interruption discards the open samples. The values in force at a whole second are known when a
 * later book of the same period arrives.
 *
 * Pure: the same calls give the same bits, whatever was read in between.
 */
export class InstrumentSignals {
  readonly #axes: SignalAxes
  readonly #onDiscard: (reason: DiscardReason, count: number) => void
  readonly #deepest: number
  readonly #grid: SecondGrid
  readonly #nextMove = new NextMove()
  /** Outcomes by horizon and depth, in the order of the axes. */
  readonly #outcomes: readonly (readonly HorizonOutcomes[])[]
  readonly #microPrice: MicroPrice
  readonly #costs: TradeCosts
  readonly #tradeCounts = new TradeCounts()
  #phase: Phase = 'stopped'
  #top: TopOfBook | null = null
  #lastTimeMs = 0
  /** First whole second of the period, and the next one to be known. */
  #startSecond = 0
  #nextSecond = 0
  #mid = NaN
  #weightedMid = NaN
  /** Imbalance in force at each depth. */
  readonly #imbalances: Float64Array
  #cached: { readonly key: string; readonly numbers: Omit<SignalNumbers, 'microPrice'> } | null =
    null

  /** @param onDiscard called for samples that are not counted */
  constructor(axes: SignalAxes, onDiscard: (reason: DiscardReason, count: number) => void) {
    const { depths, horizonsMs, windowMs } = axes
    this.#axes = axes
    this.#onDiscard = onDiscard
    this.#deepest = Math.max(...depths)
    this.#imbalances = new Float64Array(depths.length)
    const maxSeconds = Math.max(windowMs, ...horizonsMs) / 1000 + 1
    this.#grid = new SecondGrid({
      depths: depths.length,
      horizons: horizonsMs.length,
      maxSeconds,
    })
    this.#outcomes = horizonsMs.map(() => depths.map(() => new HorizonOutcomes()))
    this.#microPrice = new MicroPrice(windowMs)
    this.#costs = new TradeCosts(axes, (reason) => onDiscard(reason, 1))
  }

  get isRunning(): boolean {
    return this.#phase !== 'stopped'
  }

  /** Bytes of the arrays. */
  get bytes(): number {
    return this.#grid.bytes + this.#microPrice.bytes + this.#costs.bytes
  }

  /** Counts since creation. */
  get counts(): SignalCounts {
    return {
      nextMove: this.#nextMove.counts,
      outcomes: this.#outcomes.map((depths) => depths.map(({ counts }) => counts)),
      trades: this.#tradeCounts.totals,
    }
  }

  /** Call for the first book after an interruption. @param timeMs its exchange time, epoch ms */
  start(book: OrderBook, top: TopOfBook, timeMs: number): void {
    if (this.#phase !== 'stopped') this.stop('restart')
    this.#phase = 'starting'
    this.#lastTimeMs = timeMs
    this.#enforce(book, top)
  }

  /**
   * Call for each accepted snapshot or change of a live book, including those without an effect.
   */
  accept(book: OrderBook, top: TopOfBook, exchangeTimeMs: number): void {
    if (exchangeTimeMs < this.#lastTimeMs - MAX_STEP_BACK_MS) this.stop('restart')
    if (this.#phase === 'stopped') {
      this.start(book, top, exchangeTimeMs)
      return
    }
    const timeMs = Math.max(exchangeTimeMs, this.#lastTimeMs)
    if (this.#phase === 'starting') this.#begin(book, top, timeMs)
    else this.#continue(book, top, timeMs)
    this.#lastTimeMs = timeMs
  }

  /** Ends the period: the open samples are discarded. */
  stop(reason: Interruption): void {
    if (this.#phase === 'running') {
      const open = this.#openSamples()
      if (open > 0) this.#onDiscard(reason, open)
      this.#nextMove.restart()
      this.#costs.stop(reason)
    }
    this.#phase = 'stopped'
  }

  /** Call for each trade on the book, once, in the order of the exchange. */
  acceptTrade(trade: Trade): void {
    this.#tradeCounts.accept(trade)
    this.#costs.acceptTrade(trade)
  }

  /**
   * Reads all numbers. @param atMs exchange time, epoch ms; the window ends at its last whole
   * second
   */
  read(atMs: number): SignalNumbers {
    const toSecond = Math.floor(Math.max(atMs, this.#lastTimeMs) / 1000)
    const trades = this.#tradeCounts.totals.buy.count + this.#tradeCounts.totals.sell.count
    const moves = this.#nextMove.counts
    const key = [toSecond, this.#grid.end, trades, moves.hit, moves.miss, moves.neutral].join()
    if (this.#cached?.key !== key) {
      const { counts } = this
      const sources = { ...this.#sources(), counts, outcomes: this.#outcomes, toSecond }
      this.#cached = { key, numbers: readSignals(sources) }
    }
    const microPrice = this.#phase === 'running' ? this.#microPrice.read(this.#mid) : null
    return {
      ...this.#cached.numbers,
      microPrice: microPrice === null ? null : finiteOrNull(microPrice),
    }
  }

  /**
   * Mean return by tenth of the samples of the window, ordered by imbalance; null below 100
   * effective cases.
   * @param atMs exchange time, epoch ms, as of `read`
   * @param depth index in the depths of the axes
   * @param horizon index in the horizons of the axes
   */
  calibration(atMs: number, depth: number, horizon: number): CalibrationDecile[] | null {
    const toSecond = Math.floor(Math.max(atMs, this.#lastTimeMs) / 1000)
    return calibrate({ ...this.#sources(), toSecond }, depth, horizon)
  }

  #sources() {
    return {
      axes: this.#axes,
      grid: this.#grid,
      costs: this.#costs,
      tradeCounts: this.#tradeCounts,
    }
  }

  /** Starts the period with its second book. */
  #begin(book: OrderBook, top: TopOfBook, timeMs: number): void {
    const second = Math.ceil(timeMs / 1000)
    // The exchange's clock stepped back: the retained rows are of later seconds.
    if (second < this.#grid.end - 1) this.#grid.clear()
    this.#startSecond = this.#nextSecond = Math.max(second, this.#grid.end)
    this.#phase = 'running'
    this.#microPrice.advanceTo(Math.floor(timeMs / 1000))
    this.#enforce(book, top)
    this.#microPrice.start(top)
    this.#costs.start(this.#mid, timeMs)
  }

  #continue(book: OrderBook, top: TopOfBook, timeMs: number): void {
    const before = this.#top
    if (before === null) return
    const lastKnown = Math.ceil(timeMs / 1000) - 1
    if (lastKnown - this.#nextSecond >= this.#axes.windowMs / 1000) {
      // A gap longer than the window: nothing of it would remain, and closing its seconds would
      // take long.
      this.stop('stale')
      this.start(book, top, timeMs)
      return
    }
    while (this.#nextSecond <= lastKnown) this.#closeSecond()
    const [imbalance = NaN] = this.#imbalances
    const midBefore = this.#mid
    this.#enforce(book, top)
    const change = this.#mid - midBefore
    const isCounted = this.#nextMove.accept(imbalance, timeMs - this.#lastTimeMs, change)
    if (!isCounted) this.#onDiscard('no_value', 1)
    this.#microPrice.accept(before, top, change)
    this.#costs.accept(this.#mid, timeMs)
  }

  /** Adds the next whole second, at which the current values are in force. */
  #closeSecond(): void {
    const second = this.#nextSecond
    this.#nextSecond += 1
    this.#microPrice.advanceTo(second)
    this.#grid.push(second, {
      mid: this.#mid,
      weightedMid: this.#weightedMid,
      microPrice: this.#microPrice.read(this.#mid),
      imbalances: this.#imbalances,
    })
    const { horizonsMs } = this.#axes
    for (let horizon = 0; horizon < horizonsMs.length; horizon++) {
      const from = second - (horizonsMs[horizon] ?? NaN) / 1000
      if (from >= this.#startSecond) this.#closeSample(horizon, from)
    }
  }

  /** The sample of second `from`, whose horizon ends at the newest second. */
  #closeSample(horizon: number, from: number): void {
    const grid = this.#grid
    const before = grid.at(from, MID)
    const logReturn = before > 0 && this.#mid > 0 ? Math.log(this.#mid / before) : NaN
    grid.set(from, grid.returnColumn(horizon), logReturn)
    const depths = this.#outcomes[horizon] ?? []
    for (let depth = 0; depth < depths.length; depth++) {
      const imbalance = grid.at(from, grid.imbalanceColumn(depth))
      if (Number.isNaN(imbalance + logReturn)) this.#onDiscard('no_value', 1)
      else if (depths[depth]?.count(imbalance, logReturn) === false) {
        this.#onDiscard('no_prediction', 1)
      }
    }
  }

  /** Samples whose horizon has not ended: of each second, depth and horizon. */
  #openSamples(): number {
    const seconds = this.#nextSecond - this.#startSecond
    const { horizonsMs, depths } = this.#axes
    const open = horizonsMs.reduce((sum, ms) => sum + Math.min(seconds, ms / 1000), 0)
    return open * depths.length
  }

  /** Notes the values that are in force from now on. */
  #enforce(book: OrderBook, top: TopOfBook): void {
    this.#top = top
    this.#mid = midPrice(top.bidPrice, top.askPrice)
    this.#weightedMid = weightedMidPrice(top)
    this.#imbalances[0] = topImbalance(top)
    if (this.#imbalances.length > 1) this.#imbalances[1] = sideImbalance(book, this.#deepest)
  }
}

/** Imbalance at a depth, as `imbalanceAtDepth`, without copying the levels; NaN if undefined. */
function sideImbalance({ bidSide, askSide }: OrderBook, depth: number): number {
  let bids = 0
  let asks = 0
  const bidCount = Math.min(depth, bidSide.size)
  const askCount = Math.min(depth, askSide.size)
  for (let rank = 0; rank < bidCount; rank++) bids += bidSide.amountAt(rank)
  for (let rank = 0; rank < askCount; rank++) asks += askSide.amountAt(rank)
  const total = bids + asks
  return isWeight(total) ? (bids - asks) / total : NaN
}
