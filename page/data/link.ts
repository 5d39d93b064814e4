import { Stamp } from './stamp.ts'

/** Longest silence of the service before nothing of it is believed. */
const MAX_SILENCE_MS = 4000

/** Whether the service still talks to us: the page's own proof of life. */
export class Link {
  /** The newest; null before the first. */
  #proof: Stamp | null = null
  /** Why the stream of books is not there; null while it is. */
  streamProblem: string | null = 'connecting'
  /** Why the last question was not answered; null when it was. */
  problem: string | null = null

  /** Something came from the service. */
  prove(): void {
    this.#proof = new Stamp()
    this.problem = null
  }

  get isAlive(): boolean {
    // What was known before a sleep is not known after it.
    return this.#proof !== null && !this.#proof.hasSlept && this.#proof.ageMs <= MAX_SILENCE_MS
  }

  /** Epoch ms of the newest proof; null before the first. */
  get provenTimeMs(): number | null {
    return this.#proof?.timeMs ?? null
  }

  get wasEverAlive(): boolean {
    return this.#proof !== null
  }
}
