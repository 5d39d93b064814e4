import type { FrameLevels, Level, Side } from '../model/frames.ts'

const INITIAL_CAPACITY = 32

/** Read access to one side of a book; rank 0 is the best level. */
export interface ReadableSide {
  readonly size: number
  /** False if the exchange may have levels beyond the last known one. */
  readonly isWhole: boolean
  /** @param rank from 0 to below `size` */
  priceAt(rank: number): number
  amountAt(rank: number): number
}

/**
 * One side of a full-depth book, sorted with the best level at the END of two flat arrays: nearly
 * all changes are near the best price, so that inserting or deleting moves few numbers.
 */
export class BookSide implements ReadableSide {
  readonly #sign: 1 | -1
  /** Price times sign, ascending: the best is last on both sides. */
  #keys = new Float64Array(INITIAL_CAPACITY)
  #amounts = new Float64Array(INITIAL_CAPACITY)
  #size = 0
  #isWhole = true

  constructor(side: Side) {
    this.#sign = side === 'bid' ? 1 : -1
  }

  get size(): number {
    return this.#size
  }

  get isWhole(): boolean {
    return this.#isWhole
  }

  /** Sets the absolute amount at a price; 0 removes the level, if it exists. */
  set(price: number, amount: number): void {
    const key = price * this.#sign
    const index = this.#find(key)
    const isPresent = index < this.#size && this.#keys[index] === key
    if (amount === 0) {
      if (isPresent) this.#remove(index)
    } else if (isPresent) {
      this.#amounts[index] = amount
    } else {
      this.#insert(index, key, amount)
    }
  }

  /**
   * Replaces all levels; `levels` best first and strictly sorted, amounts of 0 are omitted.
   * @param maxLevels maximum number the exchange sends; null = unlimited
   */
  replace(levels: FrameLevels, maxLevels: number | null = null): void {
    const { prices, amounts, size } = levels
    this.#isWhole = maxLevels === null || size < maxLevels
    this.#reserve(size)
    const [keys, ownAmounts, sign] = [this.#keys, this.#amounts, this.#sign]
    let count = 0
    for (let index = size - 1; index >= 0; index -= 1) {
      const amount = amounts[index] ?? 0
      if (amount === 0) continue
      keys[count] = (prices[index] ?? 0) * sign
      ownAmounts[count] = amount
      count += 1
    }
    this.#size = count
  }

  /** Applies the absolute amounts of a change, in their order. */
  change(levels: FrameLevels): void {
    const { prices, amounts, size } = levels
    for (let index = 0; index < size; index += 1) {
      this.set(prices[index] ?? 0, amounts[index] ?? 0)
    }
  }

  /** Whether these are exactly its levels; `levels` best first, amounts of 0 are omitted. */
  equals(levels: FrameLevels): boolean {
    const { prices, amounts, size } = levels
    let rank = 0
    for (let index = 0; index < size; index += 1) {
      const amount = amounts[index] ?? 0
      if (amount === 0) continue
      if (rank >= this.#size || this.priceAt(rank) !== prices[index]) return false
      if (this.amountAt(rank) !== amount) return false
      rank += 1
    }
    return rank === this.#size
  }

  /** null if there is no level. */
  get bestPrice(): number | null {
    return this.#size === 0 ? null : this.priceAt(0)
  }

  /** The best `depth` levels, best first. */
  top(depth: number): Level[] {
    const count = Math.min(depth, this.#size)
    const levels: Level[] = []
    for (let rank = 0; rank < count; rank++) levels.push([this.priceAt(rank), this.amountAt(rank)])
    return levels
  }

  priceAt(rank: number): number {
    // Adding 0 converts the -0 of an ask at price 0 to 0.
    return (this.#keys[this.#size - 1 - rank] ?? 0) * this.#sign + 0
  }

  amountAt(rank: number): number {
    return this.#amounts[this.#size - 1 - rank] ?? 0
  }

  /** Index of the key, or its insertion point: exponential search from the best, then bisection. */
  #find(key: number): number {
    const keys = this.#keys
    let high = this.#size
    let step = 1
    let low = high - step
    while (low >= 0 && (keys[low] ?? 0) > key) {
      high = low
      step *= 2
      low = high - step
    }
    low = Math.max(low, 0)
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((keys[middle] ?? 0) < key) low = middle + 1
      else high = middle
    }
    return low
  }

  #insert(index: number, key: number, amount: number): void {
    this.#reserve(this.#size + 1)
    this.#keys.copyWithin(index + 1, index, this.#size)
    this.#amounts.copyWithin(index + 1, index, this.#size)
    this.#keys[index] = key
    this.#amounts[index] = amount
    this.#size += 1
  }

  #remove(index: number): void {
    this.#keys.copyWithin(index, index + 1, this.#size)
    this.#amounts.copyWithin(index, index + 1, this.#size)
    this.#size -= 1
  }

  #reserve(size: number): void {
    if (size <= this.#keys.length) return
    const capacity = Math.max(size, this.#keys.length * 2)
    const keys = new Float64Array(capacity)
    const amounts = new Float64Array(capacity)
    keys.set(this.#keys)
    amounts.set(this.#amounts)
    this.#keys = keys
    this.#amounts = amounts
  }
}
