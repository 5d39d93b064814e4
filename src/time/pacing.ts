import type { Clock } from './clock.ts'

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

export interface BackoffOptions {
  /** Upper edge of the first wait. */
  baseMs: number
  /** Upper edge that no wait exceeds. */
  capMs: number
  /** Good data for this long forgets the failures. */
  resetAfterMs: number
}

/** Waits between connection attempts: full jitter, doubled edge, capped, for ever. */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #random: () => number
  #attempt = 0

  /** @param random uniform in [0, 1) */
  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = options
    this.#random = random
  }

  /** Milliseconds to wait before the next attempt; each call counts as one failure. */
  nextDelayMs(): number {
    const { baseMs, capMs } = this.#options
    // The exponent is bounded, as 2 ** 1024 is Infinity after a long outage.
    const edgeMs = Math.min(capMs, baseMs * 2 ** Math.min(this.#attempt, 30))
    this.#attempt += 1
    return this.#random() * edgeMs
  }

  /** To be told how long a connection delivered; a short one does not reset the wait. */
  connectionLasted(goodDataMs: number): void {
    if (goodDataMs >= this.#options.resetAfterMs) this.#attempt = 0
  }
}

/** What a class of requests costs, how many credits there are and how fast they come back. */
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

  /** Takes the cost of one request; false where the credits do not suffice. */
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
