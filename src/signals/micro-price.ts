import { topImbalance, type TopOfBook } from '../analytics/top-of-book.ts'
import { solveLinear } from './solve-linear.ts'

/** Bins of the imbalance, and classes of the spread: 1, 2, and 3 or more ticks. */
const BINS = 10
const SPREADS = 3
const STATES = BINS * SPREADS
/** States with an imbalance of at least 0; each other one is the mirror of one of them. */
const UPPER = STATES / 2
const NO_STATE = -1

/** Interval of the fits, seconds of exchange time. */
const FIT_EVERY_S = 10
/** No fit while a state in use and its mirror together have fewer visits than this. */
const MIN_VISITS = 50
/**
 * States with a smaller share of the visits are ignored: one rare visit would otherwise prevent
 * every fit.
 */
const MIN_SHARE = 0.001
/** A price difference below this share of the known tick size is a smaller tick. */
const SMALLER_TICK = 0.75

/**
 * Stoikov's micro-price (Stoikov 2018): the mid-price plus the mean of all its future changes, given
 * the state of the book. States are the imbalance in ten equal bins and the spread in ticks.
 *
 * With Q the probabilities of the next state without a change of the mid-price, T those with one, and
 * c the mean change, the adjustment is the sum over n of B^n G, where G = (I - Q)^-1 c and
 * B = (I - Q)^-1 T. That sum is the solution of (I - Q - T) g = c. Each transition also counts as
 * its mirror (sides swapped, change negated), so g of a mirror is -g and the system needs only the
 * upper half of the states, where it has one solution.
 *
 * The tick size is the smallest difference of best prices so far. Transitions are forgotten with a
 * half-life. Pure: depends on the calls alone.
 */
export class MicroPrice {
  /** Transitions by state before (row) and after. */
  readonly #counts = new Float64Array(STATES * STATES)
  /** Sum of the changes of the mid-price by state before. */
  readonly #changes = new Float64Array(STATES)
  /** Weight of a transition after one fit interval. */
  readonly #keep: number
  #adjustments: Float64Array | null = null
  #tick = Infinity
  /** Number of the current fit interval since the epoch; null before the first. */
  #interval: number | null = null
  #state = NO_STATE

  constructor(halfLifeMs: number) {
    this.#keep = 0.5 ** ((FIT_EVERY_S * 1000) / halfLifeMs)
  }

  get bytes(): number {
    return this.#counts.byteLength + this.#changes.byteLength + (this.#adjustments?.byteLength ?? 0)
  }

  /** Starts a period: the first book has no transition into it. */
  start(top: TopOfBook): void {
    this.#updateTick(top.askPrice - top.bidPrice)
    this.#state = this.#stateOf(top)
  }

  /** Adds the transition between two books; `change` is that of the mid-price. */
  accept(before: TopOfBook, top: TopOfBook, change: number): void {
    this.#updateTick(top.askPrice - top.bidPrice)
    this.#updateTick(Math.abs(top.bidPrice - before.bidPrice))
    this.#updateTick(Math.abs(top.askPrice - before.askPrice))
    const from = this.#state
    const to = this.#stateOf(top)
    this.#state = to
    if (from === NO_STATE || to === NO_STATE) return
    const slot = from * STATES + to
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
    this.#changes[from] = (this.#changes[from] ?? 0) + change
  }

  /** Fits at each multiple of 10 s up to `second` (epoch s), with the transitions until then. */
  advanceTo(second: number): void {
    const interval = Math.floor(second / FIT_EVERY_S)
    const passed = this.#interval === null ? 0 : interval - this.#interval
    this.#interval = interval
    if (passed <= 0) return
    if (passed > 1) this.#forget(this.#keep ** (passed - 1))
    this.#fit()
    this.#forget(this.#keep)
  }

  /** Micro-price of the last book, whose mid-price is `mid`; NaN without a fit for its state. */
  read(mid: number): number {
    return mid + (this.#state === NO_STATE ? NaN : this.#adjustmentOf(this.#state))
  }

  #adjustmentOf(state: number): number {
    const adjustments = this.#adjustments
    if (adjustments === null) return NaN
    const upper = upperOf(state)
    return upper === null ? -(adjustments[lowerOf(state)] ?? NaN) : (adjustments[upper] ?? NaN)
  }

  #updateTick(difference: number): void {
    if (difference <= 0 || !(difference < this.#tick * SMALLER_TICK)) return
    this.#tick = difference
    // Earlier states were classified by the larger tick size.
    this.#counts.fill(0)
    this.#changes.fill(0)
    this.#adjustments = null
    this.#state = NO_STATE
  }

  #stateOf(top: TopOfBook): number {
    const imbalance = topImbalance(top)
    if (Number.isNaN(imbalance)) return NO_STATE
    const bin = Math.min(BINS - 1, Math.floor(((imbalance + 1) / 2) * BINS))
    const ticks = Math.round((top.askPrice - top.bidPrice) / this.#tick)
    const spread = Math.min(SPREADS, Math.max(1, ticks)) - 1
    return spread * BINS + bin
  }

  #forget(keep: number): void {
    for (let slot = 0; slot < this.#counts.length; slot++) {
      this.#counts[slot] = (this.#counts[slot] ?? 0) * keep
    }
    for (let state = 0; state < STATES; state++) {
      this.#changes[state] = (this.#changes[state] ?? 0) * keep
    }
  }

  /** Solves (I - P) g = c on the upper states in use, each row multiplied by its visits. */
  #fit(): void {
    this.#adjustments = null
    const visits = this.#visits()
    const least = visits.reduce((sum, count) => sum + count, 0) * MIN_SHARE
    const used = [...visits.keys()].filter((upper) => (visits[upper] ?? 0) > least)
    if (used.length === 0 || used.some((upper) => (visits[upper] ?? 0) < MIN_VISITS)) return
    const matrix = used.map((from) =>
      used.map((to) => {
        const direct = this.#symmetric(stateAt(from), stateAt(to))
        const mirrored = this.#symmetric(stateAt(from), mirrorOf(stateAt(to)))
        return (from === to ? (visits[from] ?? 0) : 0) - direct + mirrored
      }),
    )
    const changes = used.map((upper) => {
      const state = stateAt(upper)
      return (this.#changes[state] ?? 0) - (this.#changes[mirrorOf(state)] ?? 0)
    })
    const solution = solveLinear(matrix, changes)
    if (solution === null) return
    const adjustments = new Float64Array(UPPER).fill(NaN)
    for (const [index, upper] of used.entries()) adjustments[upper] = solution[index] ?? NaN
    this.#adjustments = adjustments
  }

  /** Visits of each upper state and its mirror, left by a transition. */
  #visits(): Float64Array {
    const visits = new Float64Array(UPPER)
    for (let upper = 0; upper < UPPER; upper++) {
      const state = stateAt(upper)
      for (let to = 0; to < STATES; to++) {
        visits[upper] = (visits[upper] ?? 0) + this.#symmetric(state, to)
      }
    }
    return visits
  }

  #symmetric(from: number, to: number): number {
    const mirrored = mirrorOf(from) * STATES + mirrorOf(to)
    return (this.#counts[from * STATES + to] ?? 0) + (this.#counts[mirrored] ?? 0)
  }
}

function mirrorOf(state: number): number {
  const bin = state % BINS
  return state - bin + (BINS - 1 - bin)
}

/** Index among the upper states; null for a lower one. */
function upperOf(state: number): number | null {
  const bin = state % BINS
  if (bin < BINS / 2) return null
  return ((state - bin) / BINS) * (BINS / 2) + bin - BINS / 2
}

/** Index of the mirror of a lower state among the upper states. */
function lowerOf(state: number): number {
  return upperOf(mirrorOf(state)) ?? NaN
}

function stateAt(upper: number): number {
  const half = BINS / 2
  return Math.floor(upper / half) * BINS + half + (upper % half)
}
