import {
  type CounterDefinition,
  type GaugeDefinition,
  type HistogramDefinition,
  type LabelSpec,
  type MetricDefinition,
  OPEN,
} from '../catalogue/definition.ts'
import type { Clock } from '../../time/clock.ts'
import { labelSetsDropped } from '../catalogue/process.ts'
import type { Collector, Sample, SampleWriter, SeriesWriter } from './collector.ts'
import { Histogram } from './histogram.ts'
import { Counter, type SeriesLimit } from './series.ts'

export type { Sample, SampleWriter } from './collector.ts'

export interface MetricRegistryOptions {
  role: 'all' | 'producer' | 'consumer'
  /** Maximum number of label sets of one counter or histogram. Default 10,000. */
  maxLabelSets?: number
  /** Clock for the creation times (`_created`) in OpenMetrics. Default: none are exposed. */
  clock?: Pick<Clock, 'nowMs'>
}

/** Far above any sensible configuration; only limits the effect of a programming error. */
const MAX_LABEL_SETS = 10_000

/**
 * Holds the metrics of one process. Modules request the metrics that they fill by definition; the
 * renderer reads them.
 * @throws Error for a definition outside the role or one that is filled twice
 */
export class MetricRegistry {
  readonly role: MetricRegistryOptions['role']
  readonly #counters = new Map<MetricDefinition, Counter>()
  readonly #histograms = new Map<MetricDefinition, Histogram>()
  readonly #collectors: Collector[] = []
  readonly #registered = new Map<string, MetricDefinition>()
  readonly #maxLabelSets: number
  readonly #nowMs: (() => number) | null
  readonly #droppedSets: Counter<typeof labelSetsDropped.labels>

  constructor(options: MetricRegistryOptions) {
    this.role = options.role
    this.#maxLabelSets = options.maxLabelSets ?? MAX_LABEL_SETS
    const { clock } = options
    this.#nowMs = clock === undefined ? null : () => clock.nowMs()
    this.#droppedSets = this.counter(labelSetsDropped)
  }

  /** Returns the counter of a definition; the same one for every caller. */
  counter<L extends LabelSpec>(definition: CounterDefinition<L>): Counter<L> {
    const known = this.#counters.get(definition)
    if (known !== undefined) return known as Counter<L>
    this.#register(definition)
    const counter = new Counter(definition, this.#boundOf(definition))
    this.#counters.set(definition, counter)
    this.#collectors.push({
      definitions: [definition],
      *collect(writer: SeriesWriter) {
        for (const { text, series, createdMs } of counter.entries()) {
          writer.writeCounter(definition, text, series.value, createdMs)
          yield
        }
      },
    })
    return counter
  }

  /** Returns the histogram of a definition; the same one for every caller. */
  histogram<L extends LabelSpec>(definition: HistogramDefinition<L>): Histogram<L> {
    const known = this.#histograms.get(definition)
    if (known !== undefined) return known as Histogram<L>
    this.#register(definition)
    const histogram = new Histogram(definition, this.#boundOf(definition))
    this.#histograms.set(definition, histogram)
    this.#collectors.push({
      definitions: [definition],
      *collect(writer: SeriesWriter) {
        for (const { text, series, createdMs } of histogram.entries()) {
          writer.writeHistogram(definition, text, series, createdMs)
          yield
        }
      },
    })
    return histogram
  }

  /**
   * Registers a gauge that is read at each scrape. Without a sample there is no series; each label
   * set may occur at most once. Samples are pulled one by one and other code may run in between:
   * iterate over a copy of data that may change.
   */
  gauge<L extends LabelSpec>(
    definition: GaugeDefinition<L>,
    read: () => Iterable<Sample<L>>,
  ): void {
    this.family([definition], function* (writer) {
      for (const { labels, value } of read()) {
        writer.write(definition, labels, value)
        yield
      }
    })
  }

  /**
   * Registers families that are read together at each scrape, in one pass over their source:
   * `collect` writes all samples of one item (an instrument), then yields. Other code runs between
   * two yields: iterate over a copy of the names and look each one up when it is written.
   */
  family(
    definitions: readonly (GaugeDefinition | CounterDefinition)[],
    collect: (writer: SampleWriter) => Iterable<unknown>,
  ): void {
    for (const definition of definitions) this.#register(definition)
    this.#collectors.push({ definitions, collect })
  }

  /** Collectors in order of registration. */
  collectors(): readonly Collector[] {
    return this.#collectors
  }

  #boundOf(definition: MetricDefinition): SeriesLimit {
    const { name, labels } = definition
    const isBounded = definition !== labelSetsDropped && Object.values(labels).includes(OPEN)
    // Starts at 0: `rate()` misses the first increment of a new series.
    if (isBounded) this.#droppedSets.series({ metric: name })
    return {
      maxSeries: this.#maxLabelSets,
      // At most one series for each metric of the catalogue.
      onDropped: () => this.#droppedSets.series({ metric: name }).add(),
      // A scraper stores each creation time as a series: one more for every instrument is too much.
      nowMs: 'instrument' in labels ? null : this.#nowMs,
    }
  }

  #register(definition: MetricDefinition): void {
    const { name, role: side } = definition
    if (side !== 'both' && this.role !== 'all' && side !== this.role) {
      throw new Error(`${name} does not exist in the role ${this.role}`)
    }
    if (this.#registered.has(name)) throw new Error(`${name} is already registered`)
    this.#registered.set(name, definition)
  }
}
