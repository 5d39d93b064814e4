import type { Level } from '../model/frame.ts'
import { existingLevels } from './level-check.ts'

/** What readers need of a book, however it is kept. Best first, no level of amount 0. */
export interface BookLevels {
  readonly bidCount: number
  readonly askCount: number
  bestBid(): Level | null
  bestAsk(): Level | null
  /** The best `depth` levels, or as many as there are. */
  bids(depth: number): readonly Level[]
  asks(depth: number): readonly Level[]
}

/** The window of levels that a grouped channel shows: kept as it came. */
export class PictureLevels implements BookLevels {
  readonly #bids: readonly Level[]
  readonly #asks: readonly Level[]

  /** @param bids falling, @param asks rising; both judged before (`findBadLevels`) */
  constructor(bids: readonly Level[], asks: readonly Level[]) {
    this.#bids = existingLevels(bids)
    this.#asks = existingLevels(asks)
  }

  get bidCount(): number {
    return this.#bids.length
  }

  get askCount(): number {
    return this.#asks.length
  }

  bestBid(): Level | null {
    return this.#bids[0] ?? null
  }

  bestAsk(): Level | null {
    return this.#asks[0] ?? null
  }

  bids(depth: number): readonly Level[] {
    return depth >= this.#bids.length ? this.#bids : this.#bids.slice(0, depth)
  }

  asks(depth: number): readonly Level[] {
    return depth >= this.#asks.length ? this.#asks : this.#asks.slice(0, depth)
  }
}
