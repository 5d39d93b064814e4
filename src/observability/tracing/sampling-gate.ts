/**
 * Picks a share of events at random. How many pass by until the next one is drawn once for each that
 * is picked, so an event that is not costs one subtraction.
 */
export class Sampler {
  readonly #ratio: number
  readonly #random: () => number
  #remaining: number

  /** @param ratio 0 to 1. @param random uniform in [0, 1) */
  constructor(ratio: number, random: () => number) {
    this.#ratio = ratio
    this.#random = random
    this.#remaining = this.#draw()
  }

  isPicked(): boolean {
    this.#remaining -= 1
    if (this.#remaining > 0) return false
    this.#remaining = this.#draw()
    return true
  }

  /** Geometric: the number of events up to and with the next picked one, if each has the same chance. */
  #draw(): number {
    if (this.#ratio <= 0) return Number.POSITIVE_INFINITY
    if (this.#ratio >= 1) return 1
    return Math.max(1, Math.ceil(Math.log1p(-this.#random()) / Math.log1p(-this.#ratio)))
  }
}
