import type { Random } from './random.ts'

/** About where the counters of the exchange stood in 2026. */
const FIRST_ID = 118_850_000_000
const MAX_STEP = 1_500

/**
 * Counter that many instruments share, as on the exchange: it rises, but never by exactly one for
 * one instrument.
 */
export class ChangeIds {
  readonly #random: Random
  #last: number

  constructor(random: Random, first = FIRST_ID) {
    this.#random = random
    this.#last = first
  }

  next(): number {
    this.#last += this.#random.between(1, MAX_STEP)
    return this.#last
  }

  /** Goes back to a lower id, as after a release or on another host. */
  restartAt(id: number): void {
    this.#last = id
  }

  get last(): number {
    return this.#last
  }
}
