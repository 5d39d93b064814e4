import type { Level } from '../../src/model/frames.ts'

/** Reference: a book kept in two maps, sorted at every reading. */
export class PlainBook {
  readonly #bids = new Map<number, number>()
  readonly #asks = new Map<number, number>()

  replace(bids: readonly Level[], asks: readonly Level[]): void {
    this.#bids.clear()
    this.#asks.clear()
    this.change(bids, asks)
  }

  change(bids: readonly Level[], asks: readonly Level[]): void {
    for (const [side, levels] of [
      [this.#bids, bids],
      [this.#asks, asks],
    ] as const) {
      for (const [price, amount] of levels) {
        if (amount === 0) side.delete(price)
        else side.set(price, amount)
      }
    }
  }

  bids(): Level[] {
    return [...this.#bids].sort((a, b) => b[0] - a[0])
  }

  asks(): Level[] {
    return [...this.#asks].sort((a, b) => a[0] - b[0])
  }
}
