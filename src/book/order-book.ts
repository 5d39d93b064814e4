import type { Level } from '../model/frame.ts'
import type { BookLevels } from './book-levels.ts'
import { BookSide } from './book-side.ts'

/** A full-depth book built from a snapshot and the changes after it. Knows nothing of chains. */
export class OrderBook implements BookLevels {
  readonly #bids = new BookSide('bid')
  readonly #asks = new BookSide('ask')

  get bidCount(): number {
    return this.#bids.size
  }

  get askCount(): number {
    return this.#asks.size
  }

  bestBid(): Level | null {
    return this.#bids.best()
  }

  bestAsk(): Level | null {
    return this.#asks.best()
  }

  bids(depth: number): Level[] {
    return this.#bids.top(depth)
  }

  asks(depth: number): Level[] {
    return this.#asks.top(depth)
  }

  /** Forgets everything before; levels best first, judged before (`findBadLevels`). */
  replace(bids: readonly Level[], asks: readonly Level[]): void {
    this.#bids.replace(bids)
    this.#asks.replace(asks)
  }

  /** Applies absolute amounts; 0 removes. All levels of a frame belong together. */
  change(bids: readonly Level[], asks: readonly Level[]): void {
    for (const [price, amount] of bids) this.#bids.set(price, amount)
    for (const [price, amount] of asks) this.#asks.set(price, amount)
  }
}
