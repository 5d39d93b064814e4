/**
 * One number of a range of rows: a sum, a least, a greatest. `join` is only ever used from older to
 * newer, in an order that the indices alone decide.
 */
export interface Fold {
  /** What row `index` brings. */
  readonly term: (ring: Ring, index: number) => number
  readonly join: (older: number, newer: number) => number
  /** What no row gives. */
  readonly nothing: number
}

export interface RingOptions {
  /** Numbers of a row. Column 0 is what the rows are found by: it never falls. */
  readonly columns: number
  readonly folds: readonly Fold[]
  /** Rows at most; rounded up to a power of two. */
  readonly maxRows: number
}

const BLOCK = 16
const LARGE_BLOCK = BLOCK * BLOCK
const FIRST_CAPACITY = BLOCK

/**
 * Rows in the order of their time, and the folds of any range of them.
 *
 * A sum that is kept up by adding what comes and subtracting what goes drifts: each step leaves a
 * rounding error of the size of the largest value that ever passed. Here nothing is ever subtracted.
 * Rows fold into blocks of 16 and of 256 when those are full, and a range is the join of the blocks
 * and rows it is made of. So a row costs O(1) amortised, however many windows are read and however
 * long they are; a reading is O(log n) to find the range and at most some dozens of joins; and the
 * answer depends on the rows alone, not on when or what somebody read: the same rows, the same bits.
 *
 * Rows are numbered from 0 at `clear`. The ring grows by doubling and shrinks when it is mostly
 * empty; at `maxRows` the oldest row goes, which `first` shows.
 */
export class Ring {
  readonly #columns: number
  readonly #folds: readonly Fold[]
  readonly #maxRows: number
  #capacity = FIRST_CAPACITY
  /** Row by row. */
  #cells: Float64Array
  /** Fold by fold: first the blocks, then the large ones. */
  #blocks: Float64Array
  #first = 0
  #end = 0
  /** Rows before this are in blocks. */
  #folded = 0
  #droppedTo = -Infinity

  constructor({ columns, folds, maxRows }: RingOptions) {
    this.#columns = columns
    this.#folds = folds
    this.#maxRows = maxRows
    this.#cells = new Float64Array(this.#capacity * columns)
    this.#blocks = new Float64Array(folds.length * blocksOf(this.#capacity))
  }

  /** Index of the oldest row that is here; above 0 when older ones went. */
  get first(): number {
    return this.#first
  }

  /** Index of the row that comes next. */
  get end(): number {
    return this.#end
  }

  /** Column 0 of the newest row that went; -Infinity while none did. */
  get droppedTo(): number {
    return this.#droppedTo
  }

  /** Bytes of the arrays. */
  get bytes(): number {
    return this.#cells.byteLength + this.#blocks.byteLength
  }

  /** Forgets all rows; the next one has index 0. */
  clear(): void {
    this.#first = this.#end = this.#folded = 0
    this.#droppedTo = -Infinity
    if (this.#capacity > FIRST_CAPACITY) this.#resize(FIRST_CAPACITY)
  }

  /** Adds a row and gives its index; all of its cells are to be set before anything is read. */
  push(): number {
    if (this.#end - this.#folded === BLOCK) this.#foldBlock()
    if (this.#end - this.#first === this.#capacity) {
      if (this.#capacity < this.#maxRows) this.#resize(this.#capacity * 2)
      else this.dropBefore(this.#first + 1)
    }
    this.#end += 1
    return this.#end - 1
  }

  set(index: number, column: number, value: number): void {
    this.#cells[(index & (this.#capacity - 1)) * this.#columns + column] = value
  }

  at(index: number, column: number): number {
    return this.#cells[(index & (this.#capacity - 1)) * this.#columns + column] ?? NaN
  }

  /** Drops the rows before `index`. */
  dropBefore(index: number): void {
    const first = Math.min(index, this.#end)
    if (first <= this.#first) return
    this.#droppedTo = this.at(first - 1, 0)
    this.#first = first
    const rows = this.#end - this.#first
    if (rows * 8 < this.#capacity && this.#capacity > FIRST_CAPACITY) {
      this.#resize(this.#capacity / 2)
    }
  }

  /** Drops the rows that another one follows whose column 0 is not above `value`. */
  dropFollowedBy(value: number): void {
    let first = this.#first
    // Looked for from the old end: what goes went by one by one, and its neighbours are in the cache.
    while (first + 1 < this.#end && this.at(first + 1, 0) <= value) first += 1
    this.dropBefore(first)
  }

  /** Index of the first row here whose column 0 is above `value`; `end` where there is none. */
  firstAbove(value: number): number {
    let low = this.#first
    let high = this.#end
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.at(middle, 0) > value) high = middle
      else low = middle + 1
    }
    return low
  }

  /** The fold number `which` over the rows from `from` up to but not `to`, all of them here. */
  fold(which: number, from: number, to: number): number {
    const fold = this.#foldAt(which)
    const foldedTo = Math.min(to, this.#folded)
    let value = fold.nothing
    let index = from
    while (index < to) {
      if (index % LARGE_BLOCK === 0 && index + LARGE_BLOCK <= foldedTo) {
        value = fold.join(value, this.#blocks[this.#largeBlockAt(which, index)] ?? NaN)
        index += LARGE_BLOCK
      } else if (index % BLOCK === 0 && index + BLOCK <= foldedTo) {
        value = fold.join(value, this.#blocks[this.#blockAt(which, index)] ?? NaN)
        index += BLOCK
      } else {
        value = fold.join(value, fold.term(this, index))
        index += 1
      }
    }
    return value
  }

  #foldAt(which: number): Fold {
    const fold = this.#folds[which]
    if (fold === undefined) throw new RangeError(`no fold ${which}`)
    return fold
  }

  /** The last 16 rows are whole: makes a block of them, and of 16 blocks a large one. */
  #foldBlock(): void {
    const start = this.#folded
    const isLargeFull = (start + BLOCK) % LARGE_BLOCK === 0 && this.#capacity >= LARGE_BLOCK
    const largeStart = start + BLOCK - LARGE_BLOCK
    for (let which = 0; which < this.#folds.length; which++) {
      const fold = this.#foldAt(which)
      let block = fold.nothing
      for (let index = start; index < start + BLOCK; index++) {
        block = fold.join(block, fold.term(this, index))
      }
      this.#blocks[this.#blockAt(which, start)] = block
      if (!isLargeFull) continue
      let large = fold.nothing
      for (let index = largeStart; index <= start; index += BLOCK) {
        large = fold.join(large, this.#blocks[this.#blockAt(which, index)] ?? NaN)
      }
      this.#blocks[this.#largeBlockAt(which, largeStart)] = large
    }
    this.#folded += BLOCK
  }

  #blockAt(which: number, index: number): number {
    return blockSlot(this.#capacity, which, index)
  }

  #largeBlockAt(which: number, index: number): number {
    return largeBlockSlot(this.#capacity, which, index)
  }

  /** Moves the rows and blocks that are here to arrays of another size. */
  #resize(capacity: number): void {
    const { cells, blocks, capacity: old } = this.#take(capacity)
    const columns = this.#columns
    for (let index = this.#first; index < this.#end; index++) {
      const [from, to] = [(index & (old - 1)) * columns, (index & (capacity - 1)) * columns]
      for (let column = 0; column < columns; column++) {
        this.#cells[to + column] = cells[from + column] ?? NaN
      }
    }
    for (let which = 0; which < this.#folds.length; which++) {
      for (let index = roundUp(this.#first, BLOCK); index < this.#folded; index += BLOCK) {
        this.#blocks[this.#blockAt(which, index)] = blocks[blockSlot(old, which, index)] ?? NaN
      }
      const lastLarge = this.#folded - LARGE_BLOCK
      for (
        let index = roundUp(this.#first, LARGE_BLOCK);
        index <= lastLarge;
        index += LARGE_BLOCK
      ) {
        const block = blocks[largeBlockSlot(old, which, index)] ?? NaN
        this.#blocks[this.#largeBlockAt(which, index)] = block
      }
    }
  }

  /** Takes new, empty arrays and gives the old ones. */
  #take(capacity: number) {
    const old = { cells: this.#cells, blocks: this.#blocks, capacity: this.#capacity }
    this.#capacity = capacity
    this.#cells = new Float64Array(capacity * this.#columns)
    this.#blocks = new Float64Array(this.#folds.length * blocksOf(capacity))
    return old
  }
}

function blocksOf(capacity: number): number {
  return capacity / BLOCK + Math.floor(capacity / LARGE_BLOCK)
}

function blockSlot(capacity: number, which: number, index: number): number {
  return which * blocksOf(capacity) + ((index / BLOCK) & (capacity / BLOCK - 1))
}

function largeBlockSlot(capacity: number, which: number, index: number): number {
  const start = which * blocksOf(capacity) + capacity / BLOCK
  return start + ((index / LARGE_BLOCK) & (capacity / LARGE_BLOCK - 1))
}

function roundUp(index: number, step: number): number {
  return Math.ceil(index / step) * step
}
