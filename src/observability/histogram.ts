import type { HistogramDefinition, LabelSpec } from './definition.ts'
import { LabelCells } from './label-cells.ts'

/** One label set of a histogram. Observing allocates nothing. */
export class HistogramCell {
  readonly bounds: readonly number[]
  /** Observations by bucket, not cumulative; the last one is that of +Inf. */
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  /**
   * Takes a value in the unit of the definition. What is not finite is ignored; a negative one
   * counts as 0, because a sum that falls would look like a restart.
   */
  observe(value: number): void {
    if (!Number.isFinite(value)) return
    const taken = value > 0 ? value : 0
    const { bounds, counts } = this
    let index = 0
    while (index < bounds.length && taken > (bounds[index] ?? Infinity)) index += 1
    counts[index] = (counts[index] ?? 0) + 1
    this.sum += taken
  }
}

/** A histogram of the catalogue. A cell is on the page from the moment it is asked for. */
export class Histogram<L extends LabelSpec = LabelSpec> extends LabelCells<L, HistogramCell> {
  readonly definition: HistogramDefinition<L>

  constructor(definition: HistogramDefinition<L>) {
    const { name, labels, buckets } = definition
    super({ name, labels, isComplete: false }, () => new HistogramCell(buckets))
    this.definition = definition
  }
}
