import type { Clock } from '../model/clock.ts'

/** Wrong tokens of one address within a second, after which nothing of it is looked at until the next. */
const MAX_FAILURES = 10
const WINDOW_MS = 1000
/** Addresses that are told apart; those beyond are one. */
const MAX_ADDRESSES = 5000
const OTHERS = ''

/** How often each address gave a wrong token lately: a token is not to be found by trying. */
export class FailedTokens {
  readonly #clock: Clock
  readonly #failures = new Map<string, number>()
  #beganMonotonicMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(address: string): void {
    const key = this.#keyOf(address)
    this.#failures.set(key, (this.#failures.get(key) ?? 0) + 1)
  }

  /** Whether the address has to wait; a right token would not be looked at either. */
  isExceededBy(address: string): boolean {
    this.#beginAnew()
    return (this.#failures.get(this.#keyOf(address)) ?? 0) >= MAX_FAILURES
  }

  #keyOf(address: string): string {
    const isKnown = this.#failures.has(address) || this.#failures.size < MAX_ADDRESSES
    return isKnown ? address : OTHERS
  }

  #beginAnew(): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#beganMonotonicMs < WINDOW_MS) return
    this.#beganMonotonicMs = nowMs
    this.#failures.clear()
  }
}
