import type {
  CounterDefinition,
  GaugeDefinition,
  LabelSpec,
  LabelsOf,
  MetricDefinition,
} from './definition.ts'
import type { HistogramSeries } from './histogram.ts'

/** One value of a gauge at the moment of the scrape. */
export interface Sample<L extends LabelSpec> {
  readonly labels: LabelsOf<L>
  readonly value: number
}

/** Takes samples of one rendering. A value that is not finite is left out. */
export interface SampleWriter {
  write<L extends LabelSpec>(
    definition: GaugeDefinition<L> | CounterDefinition<L>,
    labels: LabelsOf<L>,
    value: number,
  ): void
}

/** As `SampleWriter`, for cells whose labels are already written. */
export interface SeriesWriter extends SampleWriter {
  writeSeries(definition: MetricDefinition, labels: string, value: number): void
  writeHistogram(definition: MetricDefinition, labels: string, series: HistogramSeries): void
}

/**
 * Families that are written together. `collect` gives control back after each step, and between
 * two steps other code may run.
 */
export interface Collector {
  readonly definitions: readonly MetricDefinition[]
  collect(writer: SeriesWriter): Iterable<unknown>
}
