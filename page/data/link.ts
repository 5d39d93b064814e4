/** Longest silence of the service before nothing of it is believed. */
const MAX_SILENCE_MS = 4000

/** Whether the service still talks to us: the page's own proof of life. */
export class Link {
  #provenMonotonicMs = Number.NEGATIVE_INFINITY
  /** Epoch ms of the newest proof; null before the first. */
  provenTimeMs: number | null = null
  /** Why the stream of books is not there; null while it is. */
  streamProblem: string | null = 'connecting'
  /** Why the last question was not answered; null when it was. */
  problem: string | null = null

  /** Something came from the service. */
  prove(): void {
    this.#provenMonotonicMs = performance.now()
    this.provenTimeMs = Date.now()
    this.problem = null
  }

  get isAlive(): boolean {
    return performance.now() - this.#provenMonotonicMs <= MAX_SILENCE_MS
  }

  get wasEverAlive(): boolean {
    return this.provenTimeMs !== null
  }
}
