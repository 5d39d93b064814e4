/** Our two clocks never part so far but where the machine slept: the monotonic one stands still then. */
const MAX_PARTING_MS = 1000

/** Whether the machine has slept since a moment. */
export class SleepWatch {
  #markedTimeMs = Date.now()
  #markedMonotonicMs = performance.now()

  /** That moment is now. */
  mark(): void {
    this.#markedTimeMs = Date.now()
    this.#markedMonotonicMs = performance.now()
  }

  get hasSlept(): boolean {
    const monotonicMs = performance.now() - this.#markedMonotonicMs
    return Math.abs(Date.now() - this.#markedTimeMs - monotonicMs) > MAX_PARTING_MS
  }
}
