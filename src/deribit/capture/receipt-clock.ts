import type { Clock } from '../../time/clock.ts'

/** A larger difference between the two clocks means that the wall clock was set, ms. */
const MAX_DRIFT_MS = 2

/** Wall clock in whole microseconds: the wall clock's milliseconds, refined by the monotonic clock. */
export class ReceiptClock {
  readonly #clock: Clock
  #wallMinusMonotonicMs: number
  #lastUs = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wallMinusMonotonicMs = clock.nowMs() - clock.monotonicMs()
  }

  /** Epoch microseconds. Never decreases, unless the wall clock was set back. */
  nowUs(): number {
    const wallMs = this.#clock.nowMs()
    const monotonicMs = this.#clock.monotonicMs()
    if (Math.abs(wallMs - monotonicMs - this.#wallMinusMonotonicMs) > MAX_DRIFT_MS) {
      this.#wallMinusMonotonicMs = wallMs - monotonicMs
      this.#lastUs = 0
    }
    const nowUs = Math.round((monotonicMs + this.#wallMinusMonotonicMs) * 1000)
    this.#lastUs = Math.max(this.#lastUs, nowUs)
    return this.#lastUs
  }
}
