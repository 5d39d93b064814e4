/**
 * A larger difference between wall and monotonic clock means that the machine slept: the monotonic
 * clock stops then, ms.
 */
const MAX_PARTING_MS = 1000

/** The time of its creation on the wall clock and the monotonic clock of the page. */
export class Instant {
  /** Epoch ms. */
  readonly timeMs = Date.now()
  readonly #monotonicMs = performance.now()

  /**
   * Returns the larger age of both clocks, because the monotonic clock stops while the machine
   * sleeps, ms.
   */
  get ageMs(): number {
    return Math.max(this.#monotonicAgeMs, this.#wallAgeMs)
  }

  /** Whether the machine has slept since its creation. */
  get hasSlept(): boolean {
    return Math.abs(this.#wallAgeMs - this.#monotonicAgeMs) > MAX_PARTING_MS
  }

  get #monotonicAgeMs(): number {
    return performance.now() - this.#monotonicMs
  }

  get #wallAgeMs(): number {
    return Date.now() - this.timeMs
  }
}
