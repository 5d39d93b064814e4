/** How the numbers of a range are combined. */
export type FoldKind = 'sum' | 'least' | 'greatest'

/** A fold over one column of a range of rows. */
export interface Fold {
  readonly kind: FoldKind
  readonly column: number
}

/** Values of a ring: `count` of them from `base`, a power of two. */
export interface RingValues {
  readonly values: Float64Array
  /** Rounding error of each value, to be added to it; null if the values are exact. */
  readonly rests: Float64Array | null
  readonly base: number
  readonly count: number
}

/**
 * Folds values one after the other. Sums keep their rounding errors (Neumaier 1974), so the
 * result is that of the exact sum, rounded once: it does not depend on how the values were grouped,
 * and so not on where the rows before them began. Exact for terms whose largest and smallest bit,
 * summed, are at most 106 bits apart, as those of prices and amounts are.
 */
export class Folding {
  readonly #kind: FoldKind
  #value: number
  #rest = 0

  constructor(kind: FoldKind) {
    this.#kind = kind
    this.#value = nothingOf(kind)
  }

  get result(): number {
    return this.#value + this.#rest
  }

  /** Sum or extreme so far, before `rest` is added. */
  get value(): number {
    return this.#value
  }

  /** Rounding error of `value`, to be added to it; 0 for extremes. */
  get rest(): number {
    return this.#rest
  }

  restart(): void {
    this.#value = nothingOf(this.#kind)
    this.#rest = 0
  }

  /** Adds the values from `from` (inclusive) to `to` (exclusive). */
  add(ring: RingValues, from: number, to: number): void {
    const { values, base, count } = ring
    if (this.#kind === 'sum') {
      this.#sum(ring, from, to)
      return
    }
    const mask = count - 1
    const isLeast = this.#kind === 'least'
    let joined = this.#value
    // Small integers from here on, unlike the indices.
    let position = from & mask
    for (let left = to - from; left > 0; left--) {
      const value = values[base + position] ?? NaN
      joined = isLeast ? Math.min(joined, value) : Math.max(joined, value)
      position = (position + 1) & mask
    }
    this.#value = joined
  }

  #sum({ values, rests, base, count }: RingValues, from: number, to: number): void {
    const mask = count - 1
    let sum = this.#value
    let rest = this.#rest
    let position = from & mask
    for (let left = to - from; left > 0; left--) {
      const value = values[base + position] ?? NaN
      const next = sum + value
      // Rounding error of the addition, whichever term is larger (TwoSum, Knuth).
      const shown = next - sum
      rest += sum - (next - shown) + (value - shown)
      if (rests !== null) rest += rests[base + position] ?? NaN
      sum = next
      position = (position + 1) & mask
    }
    this.#value = sum
    this.#rest = rest
  }
}

/** Neutral element of a fold. */
function nothingOf(kind: FoldKind): number {
  if (kind === 'sum') return 0
  return kind === 'least' ? Infinity : -Infinity
}
