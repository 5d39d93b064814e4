/** Our two clocks never part so far but where the machine slept: the monotonic one stands still then. */
const MAX_PARTING_MS = 1000

/** The moment at which it was made, by both clocks of the page. */
export class Instant {
  /** Epoch ms. */
  readonly timeMs = Date.now()
  readonly #monotonicMs = performance.now()

  /** By the clock that says more: the monotonic one stands still while the machine sleeps. */
  get ageMs(): number {
    return Math.max(this.#monotonicAgeMs, this.#wallAgeMs)
  }

  /** Whether the machine has slept since. */
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
