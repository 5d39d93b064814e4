import type { Clock, Timer } from '../model/clock.ts'

const PROBES = 8
const INTERVAL_MS = 500

/**
 * Asks a new connection for the time a few times in a row. Its first answers come while both ends are
 * busy with subscriptions and say little of the offset; the answers to heartbeats would be ten seconds
 * apart.
 */
export class ClockProbe {
  readonly #clock: Clock
  readonly #ask: () => void
  #remaining = PROBES
  #timer: Timer | null = null

  constructor(ask: () => void, clock: Clock) {
    this.#ask = ask
    this.#clock = clock
  }

  start(): void {
    if (this.#remaining === 0) return
    this.#remaining -= 1
    this.#timer = this.#clock.setTimer(() => {
      this.#ask()
      this.start()
    }, INTERVAL_MS)
  }

  stop(): void {
    this.#timer?.cancel()
  }
}
