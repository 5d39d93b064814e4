import type { Level } from '../../model/frames.ts'
import { numberText } from '../wire/json.ts'

export type BookSide = 'bids' | 'asks'

export interface ReferenceLevel {
  readonly price: number
  readonly amount: number
  /** `price,amount` as the exchange formats them; frames are composed of these. */
  readonly text: string
}

/** One side of the reference book: a sorted list, best first. */
class ReferenceSide {
  readonly levels: ReferenceLevel[] = []
  readonly #isBids: boolean

  constructor(side: BookSide) {
    this.#isBids = side === 'bids'
  }

  amountAt(price: number): number {
    const level = this.levels[this.#find(price)]
    return level?.price === price ? level.amount : 0
  }

  /** Sets the amount at a price (0 removes the level) and returns the previous amount. */
  set(price: number, amount: number): number {
    const at = this.#find(price)
    const before = this.levels[at]
    const exists = before?.price === price
    if (amount === 0) {
      if (exists) this.levels.splice(at, 1)
    } else {
      const text = `${numberText(price)},${numberText(amount)}`
      this.levels.splice(at, exists ? 1 : 0, { price, amount, text })
    }
    return exists ? before.amount : 0
  }

  top(depth: number): Level[] {
    return this.levels.slice(0, depth).map(({ price, amount }) => [price, amount])
  }

  /** Returns the index of the price, or the index at which to insert it. */
  #find(price: number): number {
    let low = 0
    let high = this.levels.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const there = (this.levels[middle] as ReferenceLevel).price
      if (this.#isBids ? there > price : there < price) low = middle + 1
      else high = middle
    }
    return low
  }
}

export class ReferenceBook {
  readonly bids = new ReferenceSide('bids')
  readonly asks = new ReferenceSide('asks')
}
