import { SleepWatch } from './sleep-watch.ts'

/** Longest silence of the service before nothing of it is believed. */
const MAX_SILENCE_MS = 4000

/** Whether the service still talks to us: the page's own proof of life. */
export class Link {
  readonly #sleep = new SleepWatch()
  #provenMonotonicMs = Number.NEGATIVE_INFINITY
  /** Epoch ms of the newest proof; null before the first. */
  provenTimeMs: number | null = null
  /** Why the stream of books is not there; null while it is. */
  streamProblem: string | null = 'connecting'
  /** Why the last question was not answered; null when it was. */
  problem: string | null = null

  /** Something came from the service. */
  prove(): void {
    this.#sleep.mark()
    this.#provenMonotonicMs = performance.now()
    this.provenTimeMs = Date.now()
    this.problem = null
  }

  get isAlive(): boolean {
    // What was known before a sleep is not known after it.
    return !this.#sleep.hasSlept && performance.now() - this.#provenMonotonicMs <= MAX_SILENCE_MS
  }

  get wasEverAlive(): boolean {
    return this.provenTimeMs !== null
  }
}
