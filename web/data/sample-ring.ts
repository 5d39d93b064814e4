/** Ten minutes of two samples per second. */
const CAPACITY = 1200
const COLUMNS = 4

/** Samples of one instrument, oldest first, in uPlot's format. null = not live: a gap. */
export interface Samples {
  /** Epoch seconds. */
  readonly times: number[]
  readonly mids: (number | null)[]
  readonly weightedMids: (number | null)[]
  readonly imbalances: (number | null)[]
}

/** Ring of the newest samples. Memory is allocated once, because a page may stay open for days. */
export class SampleRing {
  readonly #values = new Float64Array(CAPACITY * COLUMNS)
  #next = 0
  #size = 0

  /** Epoch ms; null before the first. */
  get lastTimeMs(): number | null {
    if (this.#size === 0) return null
    return this.#values[((this.#next + CAPACITY - 1) % CAPACITY) * COLUMNS] ?? null
  }

  add(
    timeMs: number,
    mid: number | null,
    weightedMid: number | null,
    imbalance: number | null,
  ): void {
    const row = [timeMs, mid ?? Number.NaN, weightedMid ?? Number.NaN, imbalance ?? Number.NaN]
    this.#values.set(row, this.#next * COLUMNS)
    this.#next = (this.#next + 1) % CAPACITY
    this.#size = Math.min(this.#size + 1, CAPACITY)
  }

  read(): Samples {
    const column = (index: number) =>
      Array.from({ length: this.#size }, (_, sample) => {
        const at = (this.#next + CAPACITY - this.#size + sample) % CAPACITY
        return this.#values[at * COLUMNS + index] ?? Number.NaN
      })
    const withGaps = (values: number[]) =>
      values.map((value) => (Number.isNaN(value) ? null : value))
    return {
      times: column(0).map((timeMs) => timeMs / 1000),
      mids: withGaps(column(1)),
      weightedMids: withGaps(column(2)),
      imbalances: withGaps(column(3)),
    }
  }
}
