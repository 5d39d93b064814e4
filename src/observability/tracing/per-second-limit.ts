const SECOND_MS = 1000

/** Lets at most so many events pass in any second. */
export class PerSecondLimit {
  readonly #clock: { monotonicMs(): number }
  /** When the last ones passed, in a ring. */
  readonly #passedMs: Float64Array
  #next = 0

  /** @param limit 1 or more */
  constructor(limit: number, clock: { monotonicMs(): number }) {
    this.#clock = clock
    this.#passedMs = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY)
  }

  tryPass(): boolean {
    const nowMs = this.#clock.monotonicMs()
    const oldestMs = this.#passedMs[this.#next] ?? 0
    if (nowMs - oldestMs < SECOND_MS) return false
    this.#passedMs[this.#next] = nowMs
    this.#next = (this.#next + 1) % this.#passedMs.length
    return true
  }
}
