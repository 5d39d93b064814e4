/** Initial number of rows: enough for an instrument that is seldom live. */
const FIRST_CAPACITY = 256

/** Values in force at one whole second. */
export interface SecondValues {
  readonly mid: number
  readonly weightedMid: number
  readonly microPrice: number
  /** Imbalance at each depth. */
  readonly imbalances: ArrayLike<number>
}

/** Columns of a row. Those of the imbalances, then those of the returns, follow. */
export const MID = 0
export const WEIGHTED_MID = 1
export const MICRO_PRICE = 2
const FIRST_IMBALANCE = 3

export interface SecondGridOptions {
  readonly depths: number
  readonly horizons: number
  /** Maximum number of rows, one per second. */
  readonly maxSeconds: number
}

/**
 * Values at whole seconds of exchange time, one row per second. A missing value is NaN, as
 * are all values of a second in which the book was not live. The oldest rows are dropped at the
 * maximum.
 */
export class SecondGrid {
  readonly #depths: number
  readonly #columns: number
  readonly #maxSeconds: number
  #capacity: number
  #values: Float64Array
  #first = 0
  #end = 0

  constructor({ depths, horizons, maxSeconds }: SecondGridOptions) {
    this.#depths = depths
    this.#columns = FIRST_IMBALANCE + depths + horizons
    this.#maxSeconds = maxSeconds
    this.#capacity = Math.min(FIRST_CAPACITY, maxSeconds)
    this.#values = new Float64Array(this.#capacity * this.#columns)
  }

  /** First retained second, epoch s. */
  get first(): number {
    return this.#first
  }

  /** Second after the last row; equal to `first` without rows. */
  get end(): number {
    return this.#end
  }

  get bytes(): number {
    return this.#values.byteLength
  }

  imbalanceColumn(depth: number): number {
    return FIRST_IMBALANCE + depth
  }

  returnColumn(horizon: number): number {
    return FIRST_IMBALANCE + this.#depths + horizon
  }

  clear(): void {
    this.#first = this.#end = 0
  }

  /** Adds a second after the last one; seconds in between have no values. */
  push(second: number, values: SecondValues): void {
    if (this.#end === this.#first || second - this.#end >= this.#maxSeconds) {
      this.#first = this.#end = second
    }
    while (this.#end < second) this.#add()
    const row = this.#add()
    this.#values[row + MID] = values.mid
    this.#values[row + WEIGHTED_MID] = values.weightedMid
    this.#values[row + MICRO_PRICE] = values.microPrice
    for (let depth = 0; depth < this.#depths; depth++) {
      this.#values[row + FIRST_IMBALANCE + depth] = values.imbalances[depth] ?? NaN
    }
  }

  at(second: number, column: number): number {
    if (second < this.#first || second >= this.#end) return NaN
    return this.#values[this.#rowOf(second) + column] ?? NaN
  }

  set(second: number, column: number, value: number): void {
    this.#values[this.#rowOf(second) + column] = value
  }

  /** Copies a column from second `from` (inclusive) to `to` (exclusive), epoch s, all retained. */
  copy(column: number, from: number, to: number): Float64Array {
    const copied = new Float64Array(Math.max(0, to - from))
    for (let index = 0; index < copied.length; index++) {
      copied[index] = this.#values[this.#rowOf(from + index) + column] ?? NaN
    }
    return copied
  }

  #add(): number {
    if (this.#end - this.#first === this.#capacity) this.#grow()
    const row = this.#rowOf(this.#end)
    this.#end += 1
    this.#values.fill(NaN, row, row + this.#columns)
    return row
  }

  #grow(): void {
    if (this.#capacity === this.#maxSeconds) {
      this.#first += 1
      return
    }
    const before = this.#values
    const count = this.#capacity
    this.#capacity = Math.min(count * 2, this.#maxSeconds)
    this.#values = new Float64Array(this.#capacity * this.#columns)
    for (let second = this.#first; second < this.#end; second++) {
      const from = (second % count) * this.#columns
      this.#values.set(before.subarray(from, from + this.#columns), this.#rowOf(second))
    }
  }

  #rowOf(second: number): number {
    return (second % this.#capacity) * this.#columns
  }
}
