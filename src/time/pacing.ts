import type { Clock } from './clock.ts'

export interface TokenBucketOptions {
  /** Tokens of a full bucket. */
  burst: number
  /** Time until one more token is available, ms. */
  refillMs: number
}

/** Token bucket with continuous refill; full at the start. */
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

  /** Deducts so many tokens at once; false if there are fewer. */
  tryAcquire(tokens = 1): boolean {
    this.#refill()
    if (this.#tokens < tokens) return false
    this.#tokens -= tokens
    return true
  }

  /**
   * Resolves when a call may be made, which must follow at once. Acquires the token only then: a
   * cancelled wait costs no token.
   * @param sleep waits for so many milliseconds; may never resolve
   */
  async acquire(sleep: (delayMs: number) => Promise<void>): Promise<void> {
    while (!this.tryAcquire()) await sleep(Math.ceil((1 - this.#tokens) * this.#options.refillMs))
  }

  #refill(): void {
    const { burst, refillMs } = this.#options
    const nowMs = this.#clock.monotonicMs()
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#countedAtMs) / refillMs)
    this.#countedAtMs = nowMs
  }
}

/**
 * Delay after a number of failures in a row, ms: doubles from `minMs` (no failure before) to `maxMs`.
 */
export function exponentialDelayMs(minMs: number, maxMs: number, failures: number): number {
  // Bound the exponent, as 2 ** 1024 is Infinity.
  return Math.min(maxMs, minMs * 2 ** Math.min(failures, 30))
}

export interface BackoffOptions {
  /** Maximum of the first delay, ms. */
  baseMs: number
  /** Maximum of any delay, ms. */
  capMs: number
  /** A connection that delivered valid data for this long resets the backoff, ms. */
  resetAfterMs: number
}

/**
 * Delays between connection attempts: exponential with full jitter, capped, without a limit of
 * attempts.
 */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #random: () => number
  #attempt = 0

  /** @param random uniform in [0, 1) */
  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = options
    this.#random = random
  }

  /** Returns the delay before the next attempt, ms; each call counts as one failure. */
  nextDelayMs(): number {
    const { baseMs, capMs } = this.#options
    const edgeMs = exponentialDelayMs(baseMs, capMs, this.#attempt)
    this.#attempt += 1
    return this.#random() * edgeMs
  }

  /** Reports how long a connection delivered data; a short one does not reset the backoff. */
  connectionLasted(goodDataMs: number): void {
    if (goodDataMs >= this.#options.resetAfterMs) this.#attempt = 0
  }
}
