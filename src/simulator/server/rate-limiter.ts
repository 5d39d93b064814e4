import type { Clock } from '../../time/clock.ts'
import { TokenBucket } from '../../time/pacing.ts'

export type RequestClass = 'default' | 'subscribe' | 'get_instruments'

/** Cost of a class of requests, size of the credit pool and refill rate. */
interface CreditRule {
  readonly cost: number
  readonly pool: number
  readonly refillPerSecond: number
}

export type CreditRules = Readonly<Record<RequestClass, CreditRule>>

/** The published numbers of 2026. */
export const PUBLISHED_CREDITS: CreditRules = {
  default: { cost: 500, pool: 50_000, refillPerSecond: 10_000 },
  subscribe: { cost: 3_000, pool: 30_000, refillPerSecond: 10_000 },
  get_instruments: { cost: 10_000, pool: 500_000, refillPerSecond: 10_000 },
}

/** Credit buckets by owner: an account if logged in, else an address. */
export class RateLimiter {
  readonly #rules: CreditRules
  readonly #clock: Clock
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(rules: CreditRules, clock: Clock) {
    this.#rules = rules
    this.#clock = clock
  }

  /** Returns false if the owner has used up its credits for requests of this class. */
  tryAcquire(owner: string, requestClass: RequestClass): boolean {
    const key = `${owner} ${requestClass}`
    const { cost, pool, refillPerSecond } = this.#rules[requestClass]
    let bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      bucket = new TokenBucket({ burst: pool, refillMs: 1000 / refillPerSecond }, this.#clock)
      this.#buckets.set(key, bucket)
    }
    return bucket.tryAcquire(cost)
  }
}
