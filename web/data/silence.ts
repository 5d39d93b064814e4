/** How long nothing new has come, by our own clock: that of the service may be another one. */
export class Silence {
  #newest: number | null = null
  #cameMonotonicMs = 0
  /** As of the last look; 0 before anything came. */
  ms = 0

  /** @param newestTimeMs time of the newest that came, on whatever clock; null = nothing came yet */
  check(newestTimeMs: number | null): void {
    if (newestTimeMs !== this.#newest) {
      this.#newest = newestTimeMs
      this.#cameMonotonicMs = performance.now()
    }
    // At the look and no later: a slow answer of the service is no silence of the exchange.
    this.ms = this.#newest === null ? 0 : performance.now() - this.#cameMonotonicMs
  }
}
