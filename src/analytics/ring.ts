import { type Fold, Folding, type RingValues } from './fold.ts'

export interface RingOptions {
  /** Numbers per row. Column 0 is the search key; it never decreases. */
  readonly columns: number
  readonly folds: readonly Fold[]
  /** Maximum number of rows; rounded up to a power of two. */
  readonly maxRows: number
}

const BLOCK = 16
const LARGE_BLOCK = BLOCK * BLOCK
const FIRST_CAPACITY = BLOCK

/**
 * Rows in time order, and folds over any range of them.
 *
 * A running sum that adds new values and subtracts old ones drifts: each step leaves a rounding
 * error of the size of the largest value so far. Here nothing is ever subtracted. Rows fold into
 * blocks of 16 and of 256 when those are full, and a range joins the blocks and rows it consists
 * of. A row costs O(1) amortised, however many and however long the windows are; a reading is O(log
 * n) to find the range and at most some dozens of joins. The result depends on the rows of the
 * range alone, not on other readings or on older rows: the same rows give the same bits.
 *
 * Rows are numbered from 0 at `clear`. The ring grows by doubling and shrinks when it is mostly
 * empty; at `maxRows` the oldest row is dropped, which `first` shows.
 */
export class Ring {
  readonly #columns: number
  readonly #folds: readonly Fold[]
  readonly #foldings: readonly Folding[]
  readonly #maxRows: number
  #capacity = FIRST_CAPACITY
  /** Column by column. */
  #cells: Float64Array
  /** Fold by fold: the blocks of 16 rows. */
  #blocks: Float64Array
  /** Fold by fold: the blocks of 256 rows. */
  #largeBlocks: Float64Array
  /** Rounding errors of the sums in the blocks, in the same order. */
  #blockRests: Float64Array
  #largeBlockRests: Float64Array
  #first = 0
  #end = 0
  /** Rows before this are folded into blocks. */
  #folded = 0
  #droppedTo = -Infinity

  constructor({ columns, folds, maxRows }: RingOptions) {
    this.#columns = columns
    this.#folds = folds
    this.#foldings = folds.map(({ kind }) => new Folding(kind))
    this.#maxRows = maxRows
    this.#cells = new Float64Array(this.#capacity * columns)
    this.#blocks = new Float64Array((folds.length * this.#capacity) / BLOCK)
    this.#largeBlocks = new Float64Array(folds.length * largeBlocksOf(this.#capacity))
    this.#blockRests = new Float64Array(this.#blocks.length)
    this.#largeBlockRests = new Float64Array(this.#largeBlocks.length)
  }

  /** Index of the oldest retained row; above 0 if older ones were dropped. */
  get first(): number {
    return this.#first
  }

  /** Index of the next row. */
  get end(): number {
    return this.#end
  }

  /** Column 0 of the newest dropped row; -Infinity if none was dropped. */
  get droppedTo(): number {
    return this.#droppedTo
  }

  /** Bytes of the arrays. */
  get bytes(): number {
    const blocks = this.#blocks.byteLength + this.#largeBlocks.byteLength
    return this.#cells.byteLength + 2 * blocks
  }

  /** Removes all rows; the next one has index 0. */
  clear(): void {
    this.#first = this.#end = this.#folded = 0
    this.#droppedTo = -Infinity
    if (this.#capacity > FIRST_CAPACITY) this.#resize(FIRST_CAPACITY)
  }

  /** Adds a row and returns its index; set all of its cells before the next reading. */
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
    this.#cells[column * this.#capacity + (index & (this.#capacity - 1))] = value
  }

  at(index: number, column: number): number {
    return this.#cells[column * this.#capacity + (index & (this.#capacity - 1))] ?? NaN
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

  /** Drops each row whose successor has a column 0 not above `value`. */
  dropFollowedBy(value: number): void {
    let first = this.#first
    // Search from the oldest row: rows are dropped a few at a time, and their neighbours are in the
    // cache.
    while (first + 1 < this.#end && this.at(first + 1, 0) <= value) first += 1
    this.dropBefore(first)
  }

  /** Index of the first row whose column 0 is above `value`; `end` if there is none. */
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

  /**
   * The same where the answer is not before `from`, which is retained: fast if it is near, whatever
   * the number of rows.
   */
  firstAboveFrom(from: number, value: number): number {
    let low = Math.max(from, this.#first)
    let step = 1
    while (low + step <= this.#end && this.at(low + step - 1, 0) <= value) {
      low += step
      step *= 2
    }
    let high = Math.min(low + step, this.#end)
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.at(middle, 0) > value) high = middle
      else low = middle + 1
    }
    return low
  }

  /**
   * Result of fold `which` over the rows from `from` (inclusive) to `to` (exclusive), all retained.
   */
  fold(which: number, from: number, to: number): number {
    const folding = this.#foldingAt(which)
    const cells = this.#cellsOf(which)
    folding.restart()
    const blocksEnd = roundDown(Math.min(to, this.#folded), BLOCK)
    const blocksStart = roundUp(from, BLOCK)
    if (blocksStart >= blocksEnd) {
      folding.add(cells, from, to)
      return folding.result
    }
    const largeEnd = roundDown(blocksEnd, LARGE_BLOCK)
    const largeStart = roundUp(blocksStart, LARGE_BLOCK)
    folding.add(cells, from, blocksStart)
    if (largeStart < largeEnd) {
      this.#addBlocks(folding, which, blocksStart, largeStart)
      const count = this.#capacity / LARGE_BLOCK
      const [values, rests] = [this.#largeBlocks, this.#largeBlockRests]
      const large = { values, rests, base: which * count, count }
      folding.add(large, largeStart / LARGE_BLOCK, largeEnd / LARGE_BLOCK)
      this.#addBlocks(folding, which, largeEnd, blocksEnd)
    } else {
      this.#addBlocks(folding, which, blocksStart, blocksEnd)
    }
    folding.add(cells, blocksEnd, to)
    return folding.result
  }

  #foldingAt(which: number): Folding {
    const folding = this.#foldings[which]
    if (folding === undefined) throw new RangeError(`no fold ${which}`)
    return folding
  }

  #cellsOf(which: number): RingValues {
    const base = (this.#folds[which]?.column ?? 0) * this.#capacity
    return { values: this.#cells, rests: null, base, count: this.#capacity }
  }

  #addBlocks(folding: Folding, which: number, from: number, to: number): void {
    const count = this.#capacity / BLOCK
    const [values, rests] = [this.#blocks, this.#blockRests]
    folding.add({ values, rests, base: which * count, count }, from / BLOCK, to / BLOCK)
  }

  /** Folds the last 16 rows into a block, and 16 blocks into a large one. */
  #foldBlock(): void {
    const start = this.#folded
    const capacity = this.#capacity
    const isLargeFull = (start + BLOCK) % LARGE_BLOCK === 0 && capacity >= LARGE_BLOCK
    const largeStart = start + BLOCK - LARGE_BLOCK
    for (let which = 0; which < this.#folds.length; which++) {
      const folding = this.#foldingAt(which)
      folding.restart()
      folding.add(this.#cellsOf(which), start, start + BLOCK)
      const slot = blockSlot(capacity, which, start)
      this.#blocks[slot] = folding.value
      this.#blockRests[slot] = folding.rest
      if (!isLargeFull) continue
      folding.restart()
      this.#addBlocks(folding, which, largeStart, start + BLOCK)
      const largeSlot = largeBlockSlot(capacity, which, largeStart)
      this.#largeBlocks[largeSlot] = folding.value
      this.#largeBlockRests[largeSlot] = folding.rest
    }
    this.#folded += BLOCK
  }

  /** Moves the retained rows and blocks to arrays of another size. */
  #resize(capacity: number): void {
    const old = this.#allocate(capacity)
    for (let column = 0; column < this.#columns; column++) {
      const [from, to] = [column * old.capacity, column * capacity]
      for (let index = this.#first; index < this.#end; index++) {
        const cell = old.cells[from + (index & (old.capacity - 1))] ?? NaN
        this.#cells[to + (index & (capacity - 1))] = cell
      }
    }
    const firstBlock = roundUp(this.#first, BLOCK)
    const firstLarge = roundUp(this.#first, LARGE_BLOCK)
    const lastLarge = this.#folded - LARGE_BLOCK
    for (let which = 0; which < this.#folds.length; which++) {
      for (let index = firstBlock; index < this.#folded; index += BLOCK) {
        const [slot, before] = [
          blockSlot(capacity, which, index),
          blockSlot(old.capacity, which, index),
        ]
        this.#blocks[slot] = old.blocks[before] ?? NaN
        this.#blockRests[slot] = old.blockRests[before] ?? NaN
      }
      for (let index = firstLarge; index <= lastLarge; index += LARGE_BLOCK) {
        const slot = largeBlockSlot(capacity, which, index)
        const before = largeBlockSlot(old.capacity, which, index)
        this.#largeBlocks[slot] = old.largeBlocks[before] ?? NaN
        this.#largeBlockRests[slot] = old.largeBlockRests[before] ?? NaN
      }
    }
  }

  /** Allocates new, empty arrays and returns the old ones. */
  #allocate(capacity: number) {
    const old = {
      cells: this.#cells,
      blocks: this.#blocks,
      largeBlocks: this.#largeBlocks,
      blockRests: this.#blockRests,
      largeBlockRests: this.#largeBlockRests,
      capacity: this.#capacity,
    }
    const folds = this.#folds.length
    this.#capacity = capacity
    this.#cells = new Float64Array(capacity * this.#columns)
    this.#blocks = new Float64Array((folds * capacity) / BLOCK)
    this.#largeBlocks = new Float64Array(folds * largeBlocksOf(capacity))
    this.#blockRests = new Float64Array(this.#blocks.length)
    this.#largeBlockRests = new Float64Array(this.#largeBlocks.length)
    return old
  }
}

function largeBlocksOf(capacity: number): number {
  return Math.floor(capacity / LARGE_BLOCK)
}

function blockSlot(capacity: number, which: number, index: number): number {
  return (which * capacity) / BLOCK + ((index / BLOCK) & (capacity / BLOCK - 1))
}

function largeBlockSlot(capacity: number, which: number, index: number): number {
  return which * largeBlocksOf(capacity) + ((index / LARGE_BLOCK) & (capacity / LARGE_BLOCK - 1))
}

// Not bitwise: indices may exceed 32 bits.
function roundDown(index: number, step: number): number {
  return index - (index % step)
}

function roundUp(index: number, step: number): number {
  return Math.ceil(index / step) * step
}
