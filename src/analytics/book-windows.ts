import { absentBookWindow, type BookWindowNumbers } from '../model/snapshot.ts'
import { midPrice } from './book-numbers.ts'
import { type EventTime, finiteOrNull, MIN_COVERAGE, MAX_STEP_BACK_MS } from './event-time.ts'
import type { Fold } from './fold.ts'
import { Ring } from './ring.ts'
import { orderFlow, topDepth, topImbalance, type TopOfBook } from './top-of-book.ts'
import { VolatilityGrid } from './volatility-grid.ts'

/** Columns of an event. */
const TIME = 0
const FLOW = 1
const DEPTH = 2
const IMBALANCE = 3
/** Imbalance of the previous event times its duration until this event. */
const AREA = 4

const FOLDS: readonly Fold[] = [
  { kind: 'sum', column: FLOW },
  { kind: 'sum', column: DEPTH },
  { kind: 'least', column: IMBALANCE },
  { kind: 'greatest', column: IMBALANCE },
  { kind: 'sum', column: AREA },
]
const FLOW_SUM = 0
const DEPTH_SUM = 1
const MIN = 2
const MAX = 3
const AREA_SUM = 4

/**
 * Maximum number of events: one minute at 546 per second. Beyond it the oldest are dropped and
 * coverage shrinks accordingly.
 */
const MAX_EVENTS = 32_768

/**
 * Window numbers of one book. Every accepted snapshot or change is an event with its order flow
 * relative to the previous one, and the depth and imbalance of its top. A window (t - W, t] reads
 * the events in it, and the imbalance at its start.
 *
 * Pure: a reading depends on the earlier calls and on `t` alone, not on other readings.
 */
export class BookWindows {
  readonly #longestWindowMs: number
  readonly #events = new Ring({ columns: 5, folds: FOLDS, maxRows: MAX_EVENTS })
  readonly #volatility: VolatilityGrid
  /** Top of the last event; null while stopped. */
  #top: TopOfBook | null = null
  #lastTimeMs = 0
  #startVerifiedMs = 0
  /** 1 if row 0 is the book at the start and not an event. */
  #firstEvent = 0

  constructor(longestWindowMs: number) {
    this.#longestWindowMs = longestWindowMs
    this.#volatility = new VolatilityGrid(longestWindowMs)
  }

  /** False before the first `start` and from `stop` to the next one. */
  get isRunning(): boolean {
    return this.#top !== null
  }

  /** Exchange time of the last event, or of the book at the start; epoch ms. */
  get lastTimeMs(): number {
    return this.#lastTimeMs
  }

  /** Bytes of the arrays. */
  get bytes(): number {
    return this.#events.bytes + this.#volatility.bytes
  }

  /** Restarts with this book; discards all earlier events. */
  start(top: TopOfBook, at: EventTime, options: { isEvent: boolean }): void {
    this.stop()
    this.#startVerifiedMs = at.verifiedTimeMs
    this.#firstEvent = options.isEvent ? 0 : 1
    this.#lastTimeMs = at.exchangeTimeMs
    this.#append(top, 0, options.isEvent ? topDepth(top) : 0)
    this.#volatility.start(midPrice(top.bidPrice, top.askPrice), at.exchangeTimeMs)
  }

  /** Adds an event; starts if stopped, or if the exchange's clock stepped back. */
  accept(top: TopOfBook, at: EventTime): void {
    const before = this.#top
    if (before === null || at.exchangeTimeMs < this.#lastTimeMs - MAX_STEP_BACK_MS) {
      this.start(top, at, { isEvent: true })
      return
    }
    this.#lastTimeMs = Math.max(at.exchangeTimeMs, this.#lastTimeMs)
    this.#append(top, orderFlow(before, top), topDepth(top))
    this.#volatility.accept(midPrice(top.bidPrice, top.askPrice), this.#lastTimeMs)
    // Keep the last event at or before the start of the longest window: its values apply there.
    this.#events.dropFollowedBy(this.#lastTimeMs - this.#longestWindowMs)
  }

  /** Stops: later events are not compared with earlier ones. */
  stop(): void {
    this.#events.clear()
    this.#top = null
  }

  /** Reads (t - W, t]; `at` not before the last event, W at most the longest window. */
  read(at: EventTime, windowMs: number): BookWindowNumbers {
    const coverage = this.coveredMs(at, windowMs) / windowMs
    const events = this.#events
    const startMs = at.exchangeTimeMs - windowMs
    const from = events.firstAbove(startMs)
    const to = events.firstAbove(at.exchangeTimeMs)
    if (coverage < MIN_COVERAGE || to === events.first) return absentBookWindow(coverage)
    const count = Math.max(0, to - Math.max(from, this.#firstEvent))
    const flow = events.fold(FLOW_SUM, from, to)
    const depth = events.fold(DEPTH_SUM, from, to)
    const inForceAtStart = Math.max(from - 1, events.first)
    const least = events.fold(MIN, inForceAtStart, to)
    const greatest = events.fold(MAX, inForceAtStart, to)
    const mean = this.#meanImbalance(startMs, at.exchangeTimeMs, from, to)
    return {
      coverage,
      orderFlowImbalance: finiteOrNull(flow),
      orderFlowImbalanceRatio: count === 0 ? 0 : ratio(flow, depth / count),
      realizedVolatility: this.#volatility.read(at.exchangeTimeMs, windowMs),
      imbalanceMin: finiteOrNull(least),
      imbalanceMax: finiteOrNull(greatest),
      // Rounding may move it past an extreme by the last digit.
      imbalanceMean: finiteOrNull(Math.min(greatest, Math.max(least, mean))),
    }
  }

  /**
   * Covered part of the window, ms: since the last start, and since the oldest retained event if
   * older ones were dropped.
   */
  coveredMs(at: EventTime, windowMs: number): number {
    if (this.#top === null) return 0
    const watchedMs = at.verifiedTimeMs - this.#startVerifiedMs
    const isCut = this.#events.first > 0
    const knownMs = isCut ? at.exchangeTimeMs - this.#events.at(this.#events.first, TIME) : Infinity
    return Math.max(0, Math.min(windowMs, watchedMs, knownMs))
  }

  /** Time-weighted mean over the part of the window in which the imbalance is known. */
  #meanImbalance(startMs: number, endMs: number, from: number, to: number): number {
    const events = this.#events
    const last = events.at(to - 1, IMBALANCE)
    if (from === to) return last
    const isStartKnown = from > events.first
    const firstTimeMs = events.at(from, TIME)
    const head = isStartKnown ? events.at(from - 1, IMBALANCE) * (firstTimeMs - startMs) : 0
    const tail = last * (endMs - events.at(to - 1, TIME))
    const lengthMs = endMs - (isStartKnown ? startMs : firstTimeMs)
    if (lengthMs === 0) return last
    return (head + events.fold(AREA_SUM, from + 1, to) + tail) / lengthMs
  }

  #append(top: TopOfBook, flow: number, depth: number): void {
    const events = this.#events
    this.#top = top
    const row = events.push()
    const before = row - 1
    const area =
      row === 0 ? 0 : events.at(before, IMBALANCE) * (this.#lastTimeMs - events.at(before, TIME))
    events.set(row, TIME, this.#lastTimeMs)
    events.set(row, FLOW, flow)
    events.set(row, DEPTH, depth)
    events.set(row, IMBALANCE, topImbalance(top))
    events.set(row, AREA, area)
  }
}

/** NaN compares false: a depth that overflowed gives no ratio. */
function ratio(flow: number, depth: number): number | null {
  return depth > 0 && depth < Infinity ? finiteOrNull(flow / depth) : null
}
