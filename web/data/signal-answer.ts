import type { Signals } from '../../client/api-client.ts'

/** An older answer is not shown. */
const MAX_AGE_MS = 15_000

/** Newest answer of the service about the signals of the instrument in focus. */
export class SignalAnswer {
  #answer: { readonly name: string; readonly signals: Signals; readonly atMs: number } | null = null
  #isOff = false

  /** Whether the service does not measure signals. */
  get isOff(): boolean {
    return this.#isOff
  }

  /** @param signals null if the service does not measure them */
  receive(name: string, signals: Signals | null, atMs: number): void {
    this.#isOff = signals === null
    this.#answer = signals === null ? null : { name, signals, atMs }
  }

  /** Signals of the instrument; null if they are of another one, or too old. */
  read(name: string | null, nowMs: number): Signals | null {
    const answer = this.#answer
    if (answer === null || answer.name !== name) return null
    return nowMs - answer.atMs > MAX_AGE_MS ? null : answer.signals
  }
}
