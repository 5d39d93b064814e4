/** Wall clocks tick in whole milliseconds: a lag so much below zero is rounding, not skew. */
export const CLOCK_TICK_MS = 1

/** A timer that can be taken back. */
export interface Timer {
  cancel(): void
}

/**
 * Time, handed in. Instants that leave the process are epoch milliseconds of the wall clock;
 * durations and deadlines inside the process use the monotonic clock, which no time service moves.
 */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01 UTC. */
  nowMs(): number
  /** Monotonic clock, milliseconds with fraction since an arbitrary start. */
  monotonicMs(): number
  /** Calls `callback` once after `delayMs` (0 to 2^31-1). */
  setTimer(callback: () => void, delayMs: number): Timer
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(callback, delayMs) {
    const handle = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
}
