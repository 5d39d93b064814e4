import type { FrameLevels, Level } from '../model/frames.ts'
import { BookSide, type ReadableSide } from './book-side.ts'

/**
 * The levels of a book: those of a grouped snapshot, or the full depth built from a snapshot and
 * later changes. Best first, no level of amount 0. Independent of sequences. Copies the numbers and
 * keeps no references to frames, which would otherwise outlive the garbage collector's young
 * generation.
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

  /** null if the side is empty. */
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
   * Replaces all levels; levels best first and validated by `findBadLevels`.
   * @param maxLevels maximum number of levels per side that the exchange sends; null = unlimited
   */
  replace(bids: FrameLevels, asks: FrameLevels, maxLevels: number | null = null): void {
    this.#bids.replace(bids, maxLevels)
    this.#asks.replace(asks, maxLevels)
  }

  /** Whether these are exactly its levels; levels best first, amounts of 0 are omitted. */
  equals(bids: FrameLevels, asks: FrameLevels): boolean {
    return this.#bids.equals(bids) && this.#asks.equals(asks)
  }

  /** Applies absolute amounts; 0 removes a level. Pass all levels of a frame together. */
  change(bids: FrameLevels, asks: FrameLevels): void {
    this.#bids.change(bids)
    this.#asks.change(asks)
  }
}
