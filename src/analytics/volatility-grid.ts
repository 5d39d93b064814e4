import { finiteOrNull, isWeight } from './event-time.ts'
import { Ring } from './ring.ts'

const SECOND_MS = 1000
const YEAR_SECONDS = 365 * 86_400
/** Minimum window, and minimum number of returns, below which volatility is absent. */
const MIN_WINDOW_MS = 10_000
const MIN_RETURNS = 5

/** Columns of a row: the grid second k at which a return ends, and the squared return. */
const SECOND = 0
const SQUARE = 1
const SUM_OF_SQUARES = 0

/**
 * Realised volatility on a grid of whole seconds of exchange time:
 *
 *   sqrt(sum r_k^2 x 365 x 86400 / T),  r_k = ln(M_k / M_(k-1)),  M_k the last mid at or before k
 *
 * over the returns whose end second k lies in the window, T of them. A second without a change of
 * the mid has return 0 and needs no row: only other returns are stored.
 */
export class VolatilityGrid {
  readonly #squares: Ring
  readonly #longestSeconds: number
  /** First grid second with a known mid; its own return is unknown. */
  #firstSecond = 0
  /** First grid second at or after the event of the current mid. */
  #second = 0
  /** Last mid at or before the previous grid second. */
  #midBefore = NaN
  #mid = NaN
  /** Newest grid second whose mid gives no return. */
  #lastUnusable = -Infinity

  constructor(longestWindowMs: number) {
    this.#longestSeconds = Math.ceil(longestWindowMs / SECOND_MS)
    const maxRows = this.#longestSeconds + 2
    this.#squares = new Ring({
      columns: 2,
      folds: [{ kind: 'sum', column: SQUARE }],
      maxRows,
    })
  }

  get bytes(): number {
    return this.#squares.bytes
  }

  start(mid: number, exchangeTimeMs: number): void {
    this.#squares.clear()
    this.#second = Math.ceil(exchangeTimeMs / SECOND_MS)
    this.#firstSecond = this.#second
    this.#lastUnusable = -Infinity
    this.#midBefore = NaN
    this.#mid = mid
  }

  /**
   * Sets the mid from a time on. @param exchangeTimeMs epoch ms, not before that of the previous
   * mid
   */
  accept(mid: number, exchangeTimeMs: number): void {
    const second = Math.ceil(exchangeTimeMs / SECOND_MS)
    if (second > this.#second) {
      this.#closeSecond(second)
      this.#second = second
    }
    this.#mid = mid
  }

  /**
   * Annualised volatility of (t - W, t], a ratio; null for windows below 10 s, for fewer than 5
   * returns, and if a mid of the window is not above 0.
   */
  read(exchangeTimeMs: number, windowMs: number): number | null {
    const lastSecond = Math.floor(exchangeTimeMs / SECOND_MS)
    const startSecond = Math.floor((exchangeTimeMs - windowMs) / SECOND_MS)
    // The mid of this second is the first one needed by a return of the window.
    const baseSecond = Math.max(startSecond, this.#firstSecond)
    const returns = lastSecond - baseSecond
    if (windowMs < MIN_WINDOW_MS || returns < MIN_RETURNS) return null
    if (baseSecond <= this.#lastUnusable) return null
    const isOpenSecondIn = this.#second <= lastSecond
    if (isOpenSecondIn && !isWeight(this.#mid)) return null
    const squares = this.#squares
    const from = squares.firstAbove(baseSecond)
    const sum = squares.fold(SUM_OF_SQUARES, from, squares.firstAbove(lastSecond))
    const isOpenReturnIn = isOpenSecondIn && this.#second > baseSecond
    const open = isOpenReturnIn ? squareOf(this.#midBefore, this.#mid) : 0
    return finiteOrNull(Math.sqrt(((sum + open) * YEAR_SECONDS) / returns))
  }

  /** Fixes the mid of the open second and of those up to the one before `next`. */
  #closeSecond(next: number): void {
    if (!isWeight(this.#mid)) this.#lastUnusable = next - 1
    const square = squareOf(this.#midBefore, this.#mid)
    if (square > 0) {
      const row = this.#squares.push()
      this.#squares.set(row, SECOND, this.#second)
      this.#squares.set(row, SQUARE, square)
      this.#squares.dropFollowedBy(this.#second - this.#longestSeconds)
    }
    this.#midBefore = this.#mid
  }
}

/** Squared log return; NaN if a mid is not above 0. */
function squareOf(before: number, now: number): number {
  const logReturn = Math.log(now / before)
  return logReturn * logReturn
}
