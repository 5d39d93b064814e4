/**
 * Measures the time without new data on the page's clock, because the service's clock may differ.
 */
export class Silence {
  #newest: number | null = null
  #cameMonotonicMs = 0
  /** As of the last poll, ms; 0 before the first data. */
  ms = 0

  /** @param newestTimeMs time of the newest data, on any clock; null = none yet */
  check(newestTimeMs: number | null): void {
    if (newestTimeMs !== this.#newest) {
      this.#newest = newestTimeMs
      this.#cameMonotonicMs = performance.now()
    }
    // Measured at the poll: a slow answer of the service is not silence of the exchange.
    this.ms = this.#newest === null ? 0 : performance.now() - this.#cameMonotonicMs
  }
}
