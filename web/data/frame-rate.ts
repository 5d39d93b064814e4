/** Without a frame for this time the pipeline is shown as idle, ms. */
const QUIET_MS = 3000

/** Computes the rate of a frame counter from polled values. */
export class FrameRate {
  #count: number | null = null
  #countedMonotonicMs = 0
  #grewMonotonicMs = Number.NEGATIVE_INFINITY
  /** null before the second poll. */
  perSecond: number | null = null

  check(count: number): void {
    const now = performance.now()
    const before = this.#count
    if (count !== before) this.#grewMonotonicMs = now
    // A decreasing counter means that the process restarted.
    if (before !== null && count >= before) {
      const perSecond = ((count - before) * 1000) / (now - this.#countedMonotonicMs)
      // Smoothed, so that the rate does not jump with each poll.
      this.perSecond = this.perSecond === null ? perSecond : this.perSecond * 0.6 + perSecond * 0.4
    }
    this.#count = count
    this.#countedMonotonicMs = now
  }

  get isQuiet(): boolean {
    return this.#count !== null && performance.now() - this.#grewMonotonicMs > QUIET_MS
  }
}
