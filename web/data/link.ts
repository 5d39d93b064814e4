import { Instant } from './instant.ts'

/** Longest silence of the service before nothing of it is believed. */
const MAX_SILENCE_MS = 4000

/** Whether the service still talks to us: the page's own proof of life. */
export class Link {
  /** The newest; null before the first. */
  #verification: Instant | null = null
  /** Why the stream of books is not there; null while it is. */
  streamProblem: string | null = 'connecting'
  /** Why the last question was not answered; null when it was. */
  problem: string | null = null

  /** Something came from the service. */
  verify(): void {
    this.#verification = new Instant()
    this.problem = null
  }

  get isAlive(): boolean {
    // What was known before a sleep is not known after it.
    return (
      this.#verification !== null &&
      !this.#verification.hasSlept &&
      this.#verification.ageMs <= MAX_SILENCE_MS
    )
  }

  /** Epoch ms of the newest proof; null before the first. */
  get verifiedTimeMs(): number | null {
    return this.#verification?.timeMs ?? null
  }

  get wasEverAlive(): boolean {
    return this.#verification !== null
  }
}
