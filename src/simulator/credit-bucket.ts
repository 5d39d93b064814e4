import type { Clock } from '../model/clock.ts'

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
