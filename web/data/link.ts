import { Instant } from './instant.ts'

/** Longest time without data from the service before its values are hidden, ms. */
const MAX_SILENCE_MS = 4000

/** Tracks whether the service is reachable: the page's own liveness check. */
export class Link {
  /** Time of the newest data; null before the first. */
  #verification: Instant | null = null
  /** Why the stream of books is not connected; null while it is. */
  streamProblem: string | null = 'connecting'
  /** Why the last request failed; null if it succeeded. */
  problem: string | null = null

  /** Called when data arrives from the service. */
  verify(): void {
    this.#verification = new Instant()
    this.problem = null
  }

  get isAlive(): boolean {
    // Data from before a sleep is not current.
    return (
      this.#verification !== null &&
      !this.#verification.hasSlept &&
      this.#verification.ageMs <= MAX_SILENCE_MS
    )
  }

  /** Epoch ms of the newest data; null before the first. */
  get verifiedTimeMs(): number | null {
    return this.#verification?.timeMs ?? null
  }

  get wasEverAlive(): boolean {
    return this.#verification !== null
  }
}
