const SPAN_MS = 300_000
const SLOT_MS = 10_000
const SLOTS = SPAN_MS / SLOT_MS

/**
 * The least delay between a producer's clock and ours over the last five minutes, signed: what the topic
 * takes at best, plus how far the clocks of the two hosts are apart. A clock that is wrong shows here.
 */
export class DelayFloor {
  /** Least value of each slot of ten seconds, in a ring. */
  readonly #least = new Float64Array(SLOTS).fill(Number.POSITIVE_INFINITY)
  /** Number of the newest slot since the beginning of the monotonic clock. */
  #slot = Number.NEGATIVE_INFINITY

  /** @param delayMs arrival here minus receipt at the producer, by the wall clock of each where they are two processes */
  observe(delayMs: number, monotonicMs: number): void {
    this.#advance(monotonicMs)
    const index = this.#slot % SLOTS
    if (delayMs < (this.#least[index] ?? 0)) this.#least[index] = delayMs
  }

  /** null where nothing was observed within five minutes. */
  read(monotonicMs: number): number | null {
    this.#advance(monotonicMs)
    const least = Math.min(...this.#least)
    return Number.isFinite(least) ? least : null
  }

  #advance(monotonicMs: number): void {
    const slot = Math.floor(monotonicMs / SLOT_MS)
    const passed = Math.min(SLOTS, slot - this.#slot)
    for (let back = 0; back < passed; back += 1) {
      this.#least[(slot - back) % SLOTS] = Number.POSITIVE_INFINITY
    }
    this.#slot = slot
  }
}
