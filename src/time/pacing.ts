import type { Clock } from './clock.ts'

export interface TokenBucketOptions {
  /** Calls that may be made at once. */
  burst: number
  /** Time until one more call is available, ms. */
  refillMs: number
}

/**
 * Token bucket that is stricter than the exchange's credit limits, so that those are never reached.
 */
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
   * Resolves when a call may be made, which must follow at once. Acquires the token only then: a
   * cancelled wait costs no token.
   * @param sleep waits for so many milliseconds; may never resolve
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
    // Bound the exponent, as 2 ** 1024 is Infinity.
    const edgeMs = Math.min(capMs, baseMs * 2 ** Math.min(this.#attempt, 30))
    this.#attempt += 1
    return this.#random() * edgeMs
  }

  /** Reports how long a connection delivered data; a short one does not reset the backoff. */
  connectionLasted(goodDataMs: number): void {
    if (goodDataMs >= this.#options.resetAfterMs) this.#attempt = 0
  }
}

/** Cost of a class of requests, size of the credit pool and refill rate. */
export interface CreditRule {
  readonly cost: number
  readonly pool: number
  readonly refillPerSecond: number
}

/** Credits with continuous refill, as the exchange counts requests. */
export class CreditBucket {
  readonly #rule: CreditRule
  readonly #clock: Clock
  #credits: number
  #lastMs: number

  constructor(rule: CreditRule, clock: Clock) {
    this.#rule = rule
    this.#clock = clock
    this.#credits = rule.pool
    this.#lastMs = clock.monotonicMs()
  }

  /** Deducts the cost of one request; false if the credits do not suffice. */
  tryAcquire(): boolean {
    const nowMs = this.#clock.monotonicMs()
    const { cost, pool, refillPerSecond } = this.#rule
    const refilled = this.#credits + ((nowMs - this.#lastMs) / 1000) * refillPerSecond
    this.#credits = Math.min(pool, refilled)
    this.#lastMs = nowMs
    if (this.#credits < cost) return false
    this.#credits -= cost
    return true
  }
}
