import type { NextMoveOutcome } from '../model/signals.ts'

/**
 * Whether the imbalance of the best level predicts the next change of the mid-price (Gould &
 * Bonart 2016): for each change, the sign of the time-weighted mean imbalance since the change
 * before against the sign of the change.
 */
export class NextMove {
  readonly #counts: Record<NextMoveOutcome, number> = { hit: 0, miss: 0, neutral: 0 }
  /** Whether a change was seen since the last restart: without it, the interval has no start. */
  #hasStart = false
  #area = 0
  #lengthMs = 0

  /** Counts since creation. */
  get counts(): Readonly<Record<NextMoveOutcome, number>> {
    return this.#counts
  }

  /** Discards the open interval; the next change only starts a new one. */
  restart(): void {
    this.#hasStart = false
    this.#area = 0
    this.#lengthMs = 0
  }

  /**
   * Adds the time for which an imbalance was in force, and the change of the mid-price at its end.
   * Returns false if the change could not be counted because an imbalance was undefined.
   * @param imbalance -1 to 1; NaN if undefined
   * @param change in the unit of the price; 0 for none
   */
  accept(imbalance: number, durationMs: number, change: number): boolean {
    // An undefined imbalance (NaN) that was in force for no time must not make the mean undefined.
    if (durationMs > 0) {
      this.#area += imbalance * durationMs
      this.#lengthMs += durationMs
    }
    if (change === 0) return true
    // Two changes at the same millisecond: the imbalance between them was in force for no time.
    const mean = this.#lengthMs > 0 ? this.#area : imbalance
    const isCounted = this.#hasStart && !Number.isNaN(mean)
    if (isCounted) {
      const agreement = Math.sign(mean) * Math.sign(change)
      this.#counts[agreement > 0 ? 'hit' : agreement < 0 ? 'miss' : 'neutral'] += 1
    }
    const isUndefined = this.#hasStart && !isCounted
    this.restart()
    this.#hasStart = true
    return !isUndefined
  }
}
