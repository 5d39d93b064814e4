import type { Clock } from '../../time/clock.ts'

/**
 * A larger difference between wall clock and monotonic clock means that the wall clock was set,
 * ms.
 */
const JUMP_MS = 50

/**
 * The exchange's clock: the wall clock to the microsecond, plus a skew that a scenario may set.
 * The wall clock of `Clock` has whole milliseconds, so the fraction comes from the monotonic
 * clock.
 */
export class ExchangeClock {
  readonly #clock: Clock
  #baseMs = Number.NEGATIVE_INFINITY
  /** How far the exchange's clock is ahead of the wall clock, ms. */
  skewMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Epoch microseconds on the exchange's clock, whole. */
  nowUs(): number {
    return Math.floor((this.#exactMs() + this.skewMs) * 1000)
  }

  /** Epoch milliseconds on the exchange's clock, whole. */
  nowMs(): number {
    return Math.floor(this.#exactMs() + this.skewMs)
  }

  #exactMs(): number {
    // Read in this order: if the process is suspended between the two readings, the sample is too
    // low, never too high.
    const wallMs = this.#clock.nowMs()
    const monotonicMs = this.#clock.monotonicMs()
    const baseMs = wallMs - monotonicMs
    // Truncation makes each sample up to 1 ms too low as well, so the largest one is the most
    // accurate.
    if (baseMs > this.#baseMs || this.#baseMs - baseMs > JUMP_MS) this.#baseMs = baseMs
    return this.#baseMs + monotonicMs
  }
}
