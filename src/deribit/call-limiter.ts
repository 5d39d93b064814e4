import type { Clock } from '../model/clock.ts'

export interface TokenBucketOptions {
  /** Calls that may go out at once. */
  burst: number
  /** One more each so many milliseconds. */
  refillMs: number
}

/** Token bucket in front of the exchange's credit buckets, so that ours is empty first. */
export class TokenBucket {
  readonly #options: TokenBucketOptions
  readonly #clock: Clock
  #tokens: number
  #countedAtMs: number

  constructor(options: TokenBucketOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#tokens = options.burst
    this.#countedAtMs = clock.monotonicMs()
  }

  /**
   * Resolves when a call may go out, which must then follow at once. Nothing is taken before: a wait
   * that is given up costs nobody anything.
   * @param sleep waits so many milliseconds; may never resolve
   */
  async acquire(sleep: (delayMs: number) => Promise<void>): Promise<void> {
    for (let waitMs = this.#waitMs(); waitMs > 0; waitMs = this.#waitMs()) await sleep(waitMs)
    this.#tokens -= 1
  }

  #waitMs(): number {
    const { burst, refillMs } = this.#options
    const nowMs = this.#clock.monotonicMs()
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#countedAtMs) / refillMs)
    this.#countedAtMs = nowMs
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) * refillMs)
  }
}
