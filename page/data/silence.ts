/** How long nothing new has come, by our own clock: that of the service may be another one. */
export class Silence {
  #newest: number | null = null
  #cameMonotonicMs = 0

  /** @param newestTimeMs time of the newest that came, on whatever clock; null = nothing came yet */
  look(newestTimeMs: number | null): void {
    if (newestTimeMs === this.#newest) return
    this.#newest = newestTimeMs
    this.#cameMonotonicMs = performance.now()
  }

  /** Since the look at which the newest was new; 0 before anything came. */
  get ms(): number {
    return this.#newest === null ? 0 : performance.now() - this.#cameMonotonicMs
  }
}
