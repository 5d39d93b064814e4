/** Without a frame for so long, nothing passes. */
const QUIET_MS = 3000

/** How fast a counter of frames grows, from looks at it now and then. */
export class FrameRate {
  #count: number | null = null
  #countedMonotonicMs = 0
  #grewMonotonicMs = Number.NEGATIVE_INFINITY
  /** null before there were two looks. */
  perSecond: number | null = null

  check(count: number): void {
    const now = performance.now()
    const before = this.#count
    if (count !== before) this.#grewMonotonicMs = now
    // A counter that fell is one of a process that restarted.
    if (before !== null && count >= before) {
      const perSecond = ((count - before) * 1000) / (now - this.#countedMonotonicMs)
      // A little inertia: a rate that jumps with each look says less.
      this.perSecond = this.perSecond === null ? perSecond : this.perSecond * 0.6 + perSecond * 0.4
    }
    this.#count = count
    this.#countedMonotonicMs = now
  }

  get isQuiet(): boolean {
    return this.#count !== null && performance.now() - this.#grewMonotonicMs > QUIET_MS
  }
}
