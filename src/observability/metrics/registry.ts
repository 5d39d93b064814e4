import {
  type CounterDefinition,
  type GaugeDefinition,
  type HistogramDefinition,
  type LabelSpec,
  type MetricDefinition,
  OPEN,
} from '../catalogue/definition.ts'
import { labelSetsDropped } from '../catalogue/process.ts'
import type { Collector, Sample, SampleWriter, SeriesWriter } from './collector.ts'
import { Histogram } from './histogram.ts'
import { Counter, type SeriesLimit } from './series.ts'

export type { Sample, SampleWriter } from './collector.ts'

export interface MetricRegistryOptions {
  role: 'all' | 'producer' | 'consumer'
  /** Label sets that one counter or histogram may have. Default 10,000. */
  maxLabelSets?: number
}

/** Far above what the settings allow in sense: it is met only by a mistake, which it keeps small. */
const MAX_LABEL_SETS = 10_000

/**
 * The metrics of one process. Parts ask for what they fill, by definition; the renderer reads.
 * A definition outside the role, or one filled twice, is a programming error and throws.
 */
export class MetricRegistry {
  readonly role: MetricRegistryOptions['role']
  readonly #counters = new Map<MetricDefinition, Counter>()
  readonly #histograms = new Map<MetricDefinition, Histogram>()
  readonly #collectors: Collector[] = []
  readonly #registered = new Map<string, MetricDefinition>()
  readonly #maxLabelSets: number
  readonly #droppedSets: Counter<typeof labelSetsDropped.labels>

  constructor(options: MetricRegistryOptions) {
    this.role = options.role
    this.#maxLabelSets = options.maxLabelSets ?? MAX_LABEL_SETS
    this.#droppedSets = this.counter(labelSetsDropped)
  }

  /** The counter of a definition; the same one for every part that asks. */
  counter<L extends LabelSpec>(definition: CounterDefinition<L>): Counter<L> {
    const known = this.#counters.get(definition)
    if (known !== undefined) return known as Counter<L>
    this.#register(definition)
    const counter = new Counter(definition, this.#boundOf(definition))
    this.#counters.set(definition, counter)
    this.#collectors.push({
      definitions: [definition],
      *collect(writer: SeriesWriter) {
        for (const { text, series } of counter.entries()) {
          writer.writeSeries(definition, text, series.value)
          yield
        }
      },
    })
    return counter
  }

  /** The histogram of a definition; the same one for every part that asks. */
  histogram<L extends LabelSpec>(definition: HistogramDefinition<L>): Histogram<L> {
    const known = this.#histograms.get(definition)
    if (known !== undefined) return known as Histogram<L>
    this.#register(definition)
    const histogram = new Histogram(definition, this.#boundOf(definition))
    this.#histograms.set(definition, histogram)
    this.#collectors.push({
      definitions: [definition],
      *collect(writer: SeriesWriter) {
        for (const { text, series } of histogram.entries()) {
          writer.writeHistogram(definition, text, series)
          yield
        }
      },
    })
    return histogram
  }

  /**
   * A gauge that is read at each scrape. No sample, no series; each label set at most once. Samples
   * are taken one by one and other code may run in between: walk over a copy of what may change.
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
   * Families that are read together at each scrape, in one walk over their source: `collect` writes
   * everything it knows of one thing (an instrument), then yields. Other code runs between two
   * yields, so walk over a copy of the names and look each up when its turn comes.
   */
  family(
    definitions: readonly (GaugeDefinition | CounterDefinition)[],
    collect: (writer: SampleWriter) => Iterable<unknown>,
  ): void {
    for (const definition of definitions) this.#register(definition)
    this.#collectors.push({ definitions, collect })
  }

  /** In order of registration. */
  collectors(): readonly Collector[] {
    return this.#collectors
  }

  #boundOf(definition: MetricDefinition): SeriesLimit {
    const { name, labels } = definition
    const isBounded = definition !== labelSetsDropped && Object.values(labels).includes(OPEN)
    // At 0 from the start: a rate does not see a series begin.
    if (isBounded) this.#droppedSets.series({ metric: name })
    return {
      maxSeries: this.#maxLabelSets,
      // One series for each metric of the catalogue at most.
      onDropped: () => this.#droppedSets.series({ metric: name }).add(),
    }
  }

  #register(definition: MetricDefinition): void {
    const { name, role: side } = definition
    if (side !== 'both' && this.role !== 'all' && side !== this.role) {
      throw new Error(`${name} does not exist in the role ${this.role}`)
    }
    if (this.#registered.has(name)) throw new Error(`${name} is filled already`)
    this.#registered.set(name, definition)
  }
}
