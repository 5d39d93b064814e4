import type { Level } from '../model/frames.ts'
import { BookSide, type ReadableSide } from './book-side.ts'

/**
 * The levels of a book: the window of a snapshot, or the full depth built from a snapshot and the
 * changes after it. Best first, no level of amount 0. Knows nothing of sequences. Keeps numbers of its
 * own and nothing of the frames, which would otherwise all outlive the collector's young generation.
 */
export class OrderBook {
  readonly #bids = new BookSide('bid')
  readonly #asks = new BookSide('ask')

  get bidSide(): ReadableSide {
    return this.#bids
  }

  get askSide(): ReadableSide {
    return this.#asks
  }

  get bidCount(): number {
    return this.#bids.size
  }

  get askCount(): number {
    return this.#asks.size
  }

  /** null where the side is empty. */
  get bestBidPrice(): number | null {
    return this.#bids.bestPrice
  }

  get bestAskPrice(): number | null {
    return this.#asks.bestPrice
  }

  /** The best `depth` levels, or as many as there are. */
  bids(depth: number): Level[] {
    return this.#bids.top(depth)
  }

  asks(depth: number): Level[] {
    return this.#asks.top(depth)
  }

  /**
   * Forgets everything before; levels best first, judged before (`findBadLevels`).
   * @param maxLevels how many levels of a side the exchange shows at most; null = all there are
   */
  replace(bids: readonly Level[], asks: readonly Level[], maxLevels: number | null = null): void {
    this.#bids.replace(bids, maxLevels)
    this.#asks.replace(asks, maxLevels)
  }

  /** Applies absolute amounts; 0 removes. All levels of a frame belong together. */
  change(bids: readonly Level[], asks: readonly Level[]): void {
    for (const [price, amount] of bids) this.#bids.set(price, amount)
    for (const [price, amount] of asks) this.#asks.set(price, amount)
  }
}
