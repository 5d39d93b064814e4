/** One point in time on two clocks, at which windows are updated and read. */
export interface EventTime {
  /** Exchange's clock, epoch ms; orders the events. */
  readonly exchangeTimeMs: number
  /**
   * Receipt of the record, or the newest verification, on the producer's clock, epoch ms;
   * determines coverage. The exchange time of a snapshot is that of the book's last change, which
   * may be long before the book was observed.
   */
  readonly verifiedTimeMs: number
}

/** Covered share of a window below which its numbers are null. */
export const MIN_COVERAGE = 0.5

/**
 * Exchange times may step back by up to this much; such an event counts at the time of the previous
 * one. After a larger step the windows restart.
 */
export const MAX_STEP_BACK_MS = 1000

/** Returns null if a sum overflowed or a term was not a number. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** Whether a total can be a divisor. Dividing by an overflowed sum would give a plausible 0. */
export function isWeight(total: number): boolean {
  return total > 0 && total < Number.POSITIVE_INFINITY
}
