/** How the numbers of a range are combined. Sums go from older to newer. */
export type FoldKind = 'sum' | 'least' | 'greatest'

/** A fold over one column of a range of rows. */
export interface Fold {
  readonly kind: FoldKind
  readonly column: number
}

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
 * n) to find the range and at most some dozens of joins. The result depends on the rows alone, not
 * on other readings: the same rows give the same bits.
 *
 * Rows are numbered from 0 at `clear`. The ring grows by doubling and shrinks when it is mostly
 * empty; at `maxRows` the oldest row is dropped, which `first` shows.
 */
export class Ring {
  readonly #columns: number
  readonly #folds: readonly Fold[]
  readonly #maxRows: number
  #capacity = FIRST_CAPACITY
  /** Column by column. */
  #cells: Float64Array
  /** Fold by fold: the blocks of 16 rows. */
  #blocks: Float64Array
  /** Fold by fold: the blocks of 256 rows. */
  #largeBlocks: Float64Array
  #first = 0
  #end = 0
  /** Rows before this are folded into blocks. */
  #folded = 0
  #droppedTo = -Infinity

  constructor({ columns, folds, maxRows }: RingOptions) {
    this.#columns = columns
    this.#folds = folds
    this.#maxRows = maxRows
    this.#cells = new Float64Array(this.#capacity * columns)
    this.#blocks = new Float64Array((folds.length * this.#capacity) / BLOCK)
    this.#largeBlocks = new Float64Array(folds.length * largeBlocksOf(this.#capacity))
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
    return this.#cells.byteLength + this.#blocks.byteLength + this.#largeBlocks.byteLength
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
   * Result of fold `which` over the rows from `from` (inclusive) to `to` (exclusive), all retained.
   */
  fold(which: number, from: number, to: number): number {
    const { kind, column } = this.#foldAt(which)
    const [capacity, cells] = [this.#capacity, this.#cells]
    const blocksEnd = roundDown(Math.min(to, this.#folded), BLOCK)
    const blocksStart = roundUp(from, BLOCK)
    if (blocksStart >= blocksEnd) {
      return join(kind, nothingOf(kind), cells, column * capacity, capacity, from, to)
    }
    const largeEnd = roundDown(blocksEnd, LARGE_BLOCK)
    const largeStart = roundUp(blocksStart, LARGE_BLOCK)
    let value = nothingOf(kind)
    value = join(kind, value, cells, column * capacity, capacity, from, blocksStart)
    if (largeStart < largeEnd) {
      value = this.#joinBlocks(which, kind, value, blocksStart, largeStart)
      const [large, count] = [this.#largeBlocks, capacity / LARGE_BLOCK]
      const [first, end] = [largeStart / LARGE_BLOCK, largeEnd / LARGE_BLOCK]
      value = join(kind, value, large, which * count, count, first, end)
      value = this.#joinBlocks(which, kind, value, largeEnd, blocksEnd)
    } else {
      value = this.#joinBlocks(which, kind, value, blocksStart, blocksEnd)
    }
    return join(kind, value, cells, column * capacity, capacity, blocksEnd, to)
  }

  #foldAt(which: number): Fold {
    const fold = this.#folds[which]
    if (fold === undefined) throw new RangeError(`no fold ${which}`)
    return fold
  }

  #joinBlocks(which: number, kind: FoldKind, value: number, from: number, to: number): number {
    const count = this.#capacity / BLOCK
    return join(kind, value, this.#blocks, which * count, count, from / BLOCK, to / BLOCK)
  }

  /** Folds the last 16 rows into a block, and 16 blocks into a large one. */
  #foldBlock(): void {
    const start = this.#folded
    const capacity = this.#capacity
    const isLargeFull = (start + BLOCK) % LARGE_BLOCK === 0 && capacity >= LARGE_BLOCK
    const largeStart = start + BLOCK - LARGE_BLOCK
    for (let which = 0; which < this.#folds.length; which++) {
      const { kind, column } = this.#foldAt(which)
      const nothing = nothingOf(kind)
      this.#blocks[blockSlot(capacity, which, start)] = join(
        kind,
        nothing,
        this.#cells,
        column * capacity,
        capacity,
        start,
        start + BLOCK,
      )
      if (!isLargeFull) continue
      const large = this.#joinBlocks(which, kind, nothing, largeStart, start + BLOCK)
      this.#largeBlocks[largeBlockSlot(capacity, which, largeStart)] = large
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
        const block = old.blocks[blockSlot(old.capacity, which, index)] ?? NaN
        this.#blocks[blockSlot(capacity, which, index)] = block
      }
      for (let index = firstLarge; index <= lastLarge; index += LARGE_BLOCK) {
        const block = old.largeBlocks[largeBlockSlot(old.capacity, which, index)] ?? NaN
        this.#largeBlocks[largeBlockSlot(capacity, which, index)] = block
      }
    }
  }

  /** Allocates new, empty arrays and returns the old ones. */
  #allocate(capacity: number) {
    const old = {
      cells: this.#cells,
      blocks: this.#blocks,
      largeBlocks: this.#largeBlocks,
      capacity: this.#capacity,
    }
    const folds = this.#folds.length
    this.#capacity = capacity
    this.#cells = new Float64Array(capacity * this.#columns)
    this.#blocks = new Float64Array((folds * capacity) / BLOCK)
    this.#largeBlocks = new Float64Array(folds * largeBlocksOf(capacity))
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

/** Neutral element of a fold. */
function nothingOf(kind: FoldKind): number {
  if (kind === 'sum') return 0
  return kind === 'least' ? Infinity : -Infinity
}

/**
 * Joins the values from `from` (inclusive) to `to` (exclusive) of a ring of `count` values that
 * starts at `base`.
 */
function join(
  kind: FoldKind,
  value: number,
  values: Float64Array,
  base: number,
  count: number,
  from: number,
  to: number,
): number {
  const mask = count - 1
  let joined = value
  // Small integers from here on, unlike the indices.
  let position = from & mask
  if (kind === 'sum') {
    for (let left = to - from; left > 0; left--) {
      joined += values[base + position] ?? NaN
      position = (position + 1) & mask
    }
  } else if (kind === 'least') {
    for (let left = to - from; left > 0; left--) {
      joined = Math.min(joined, values[base + position] ?? NaN)
      position = (position + 1) & mask
    }
  } else {
    for (let left = to - from; left > 0; left--) {
      joined = Math.max(joined, values[base + position] ?? NaN)
      position = (position + 1) & mask
    }
  }
  return joined
}
