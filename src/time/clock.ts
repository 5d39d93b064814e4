/** Resolution of wall clocks: a lag above -1 ms is rounding, not skew. */
export const CLOCK_TICK_MS = 1

/** A timer that can be cancelled. */
export interface Timer {
  cancel(): void
}

/**
 * Source of time, injected. Times that leave the process are epoch milliseconds of the wall clock;
 * durations and deadlines inside the process use the monotonic clock, which clock adjustments do
 * not affect.
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

/** Both clocks, read together. */
export interface Instant {
  /** Epoch ms. */
  readonly wallMs: number
  readonly monotonicMs: number
}

export function instantOf(clock: Clock): Instant {
  return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
}

/** Timers with one owner that are cancelled together, such as those of a connection. */
export class TimerGroup {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  after(delayMs: number, callback: () => void): void {
    const timer = this.#clock.setTimer(() => {
      this.#timers.delete(timer)
      callback()
    }, delayMs)
    this.#timers.add(timer)
  }

  /** Resolves after `delayMs`; never resolves after `cancel`. */
  readonly sleep = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      this.after(delayMs, resolve)
    })

  cancel(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }
}
