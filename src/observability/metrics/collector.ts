import type {
  CounterDefinition,
  GaugeDefinition,
  LabelsOf,
  LabelSpec,
  MetricDefinition,
} from '../catalogue/definition.ts'
import type { HistogramSeries } from './histogram.ts'

/** One value of a gauge at the time of the scrape. */
export interface Sample<L extends LabelSpec> {
  readonly labels: LabelsOf<L>
  readonly value: number
}

/** Receives the samples of one rendering. A value that is not finite is omitted. */
export interface SampleWriter {
  write<L extends LabelSpec>(
    definition: GaugeDefinition<L> | CounterDefinition<L>,
    labels: LabelsOf<L>,
    value: number,
  ): void
}

/** Like `SampleWriter`, for series whose labels are already rendered. */
export interface SeriesWriter extends SampleWriter {
  /** @param createdMs epoch ms at which the series began; null: not exposed */
  writeCounter(
    definition: CounterDefinition,
    labels: string,
    value: number,
    createdMs: number | null,
  ): void
  /** @param createdMs epoch ms, as in `writeCounter` */
  writeHistogram(
    definition: MetricDefinition,
    labels: string,
    series: HistogramSeries,
    createdMs: number | null,
  ): void
}

/**
 * Families that are written together. `collect` yields after each step; other code may run between
 * two steps.
 */
export interface Collector {
  readonly definitions: readonly MetricDefinition[]
  collect(writer: SeriesWriter): Iterable<unknown>
}

/** Which series of an instrument are exposed: the setting METRICS_DETAIL. */
export type Detail = 'full' | 'core' | 'auto'

/** Up to this many instruments `auto` exposes every series of each. */
const MAX_FULL_INSTRUMENTS = 80

export function isFullDetail(detail: Detail, instruments: number): boolean {
  return detail === 'full' || (detail === 'auto' && instruments <= MAX_FULL_INSTRUMENTS)
}
