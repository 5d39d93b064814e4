import type { Clock } from '../model/clock.ts'

export interface CallLimiterOptions {
  /** Calls that may go out at once. */
  burst: number
  /** One more each so many milliseconds. */
  refillMs: number
}

/** Token bucket in front of the exchange's credit buckets, so that ours is empty first. */
export class CallLimiter {
  readonly #options: CallLimiterOptions
  readonly #clock: Clock
  #tokens: number
  #countedAtMs: number

  constructor(options: CallLimiterOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#tokens = options.burst
    this.#countedAtMs = clock.monotonicMs()
  }

  /** Takes one call; gives the milliseconds to wait before making it. */
  reserveMs(): number {
    const { burst, refillMs } = this.#options
    const nowMs = this.#clock.monotonicMs()
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#countedAtMs) / refillMs)
    this.#countedAtMs = nowMs
    this.#tokens -= 1
    return this.#tokens >= 0 ? 0 : -this.#tokens * refillMs
  }
}
