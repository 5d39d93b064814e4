/** A moment on two clocks; what is read of a window is read at one. */
export interface EventTime {
  /** On the exchange's clock, epoch ms: what events are placed by. */
  readonly exchangeTimeMs: number
  /**
   * Receipt of the record, or the newest proof that the feed lived, on the producer's clock, epoch
   * ms: what coverage is counted by. The time of a snapshot is that of the last change of the book,
   * which may be long before anybody watched it.
   */
  readonly verifiedTimeMs: number
}

/** Below this share of a window its numbers are absent. */
export const LEAST_COVERAGE = 0.5

/**
 * Times of one exchange clock may step back by a little, and what comes then counts at the time of
 * what came before. After a larger step nothing before can be compared.
 */
export const MAX_STEP_BACK_MS = 1000

/** Absent where a sum overflowed or a term was no number: nothing else may pass for a value. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** Something to divide by. A sum that overflowed would make a 0 that looks like a number. */
export function isWeight(total: number): boolean {
  return total > 0 && total < Number.POSITIVE_INFINITY
}
