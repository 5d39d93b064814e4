export interface BackoffOptions {
  /** Upper edge of the first wait. */
  baseMs: number
  /** Upper edge that no wait exceeds. */
  capMs: number
  /** Good data for this long forgets the failures. */
  resetAfterMs: number
}

/** Waits between connection attempts: full jitter, doubled edge, capped, for ever. */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #random: () => number
  #attempt = 0

  /** @param random uniform in [0, 1) */
  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = options
    this.#random = random
  }

  /** Milliseconds to wait before the next attempt; each call counts as one failure. */
  nextDelayMs(): number {
    const { baseMs, capMs } = this.#options
    // The exponent is bounded, as 2 ** 1024 is Infinity after a long outage.
    const edgeMs = Math.min(capMs, baseMs * 2 ** Math.min(this.#attempt, 30))
    this.#attempt += 1
    return this.#random() * edgeMs
  }

  /** To be told how long a connection delivered; a short one does not reset the wait. */
  connectionLasted(goodDataMs: number): void {
    if (goodDataMs >= this.#options.resetAfterMs) this.#attempt = 0
  }
}
