import type { FrameLevels, Level } from './frames.ts'

/** Capacity of a new list, and the capacity that `clear` keeps at most, levels. */
const INITIAL_CAPACITY = 32
const MAX_KEPT_CAPACITY = 4096

/**
 * Levels as two flat arrays, so that a frame needs no object per level. A list can be filled again
 * for the next frame; it gives up arrays that an unusually large frame needed.
 */
export class LevelList implements FrameLevels {
  #prices: Float64Array
  #amounts: Float64Array
  #size = 0

  constructor(capacity = INITIAL_CAPACITY) {
    this.#prices = new Float64Array(capacity)
    this.#amounts = new Float64Array(capacity)
  }

  static of(levels: readonly Level[]): LevelList {
    const list = new LevelList(levels.length)
    for (const [price, amount] of levels) list.add(price, amount)
    return list
  }

  get size(): number {
    return this.#size
  }

  get prices(): Float64Array {
    return this.#prices
  }

  get amounts(): Float64Array {
    return this.#amounts
  }

  add(price: number, amount: number): void {
    this.reserve(this.#size + 1)
    this.#prices[this.#size] = price
    this.#amounts[this.#size] = amount
    this.#size += 1
  }

  /** Grows to at least `capacity` levels, which may replace the arrays. */
  reserve(capacity: number): void {
    if (capacity <= this.#prices.length) return
    const length = Math.max(capacity, 2 * this.#prices.length)
    const prices = new Float64Array(length)
    const amounts = new Float64Array(length)
    prices.set(this.#prices)
    amounts.set(this.#amounts)
    this.#prices = prices
    this.#amounts = amounts
  }

  /** Sets the number of levels, after they were written into the arrays: at most the capacity. */
  resize(size: number): void {
    this.#size = Math.min(size, this.#prices.length)
  }

  clear(): void {
    this.#size = 0
    if (this.#prices.length <= MAX_KEPT_CAPACITY) return
    this.#prices = new Float64Array(INITIAL_CAPACITY)
    this.#amounts = new Float64Array(INITIAL_CAPACITY)
  }

  *[Symbol.iterator](): Iterator<Level> {
    for (let index = 0; index < this.#size; index += 1) {
      yield [this.#prices[index] ?? 0, this.#amounts[index] ?? 0]
    }
  }
}
