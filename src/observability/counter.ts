import type { CounterDefinition, LabelSpec } from './definition.ts'
import { LabelledSeries, type SeriesLimit } from './label-cells.ts'

/** One series of a counter: a plain number, so that counting costs next to nothing. */
export class CounterSeries {
  value = 0

  /** `n` must not be negative. */
  add(n = 1): void {
    this.value += n
  }
}

/** A counter of the catalogue. All values of its closed labels start together, at 0. */
export class Counter<L extends LabelSpec = LabelSpec> extends LabelledSeries<L, CounterSeries> {
  readonly definition: CounterDefinition<L>

  constructor(definition: CounterDefinition<L>, bound: SeriesLimit) {
    const { name, labels } = definition
    super({ name, labels, isComplete: true }, bound, () => new CounterSeries())
    this.definition = definition
  }
}
