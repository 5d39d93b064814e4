import type { HistogramDefinition, LabelSpec } from '../catalogue/definition.ts'
import { LabelledSeries, type SeriesLimit } from './series.ts'

/** An observation with its trace id: links a bucket to the trace of one update. */
export interface Exemplar {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string
  /** In the unit of the histogram. */
  readonly value: number
  /** When it was observed, epoch ms. */
  readonly timeMs: number
}

/** With the name of its label, a trace id is far below the OpenMetrics limit of 128 characters. */
const TRACE_ID = /^[0-9a-f]{32}$/

/** One label set of a histogram. Observing allocates nothing. */
export class HistogramSeries {
  readonly bounds: readonly number[]
  /** Observations by bucket, not cumulative; the last bucket is +Inf. */
  readonly counts: Float64Array
  sum = 0
  /** The newest exemplar of each bucket; empty without tracing. */
  readonly exemplars: (Exemplar | undefined)[] = []

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  /**
   * Observes a value in the unit of the definition. A value that is not finite is ignored; a
   * negative one counts as 0, because a decreasing sum would look like a restart.
   */
  observe(value: number): void {
    if (!Number.isFinite(value)) return
    const clamped = value > 0 ? value : 0
    const index = this.#bucketOf(clamped)
    const { counts } = this
    counts[index] = (counts[index] ?? 0) + 1
    this.sum += clamped
  }

  /**
   * Sets an observed value as the exemplar of its bucket. Separate from `observe`, so that
   * observations without a trace cost nothing. An invalid trace id is ignored, because it would be
   * written to the exposition.
   * @param timeMs epoch ms
   */
  setExemplar(value: number, traceId: string, timeMs: number): void {
    if (!Number.isFinite(value) || !TRACE_ID.test(traceId)) return
    const clamped = value > 0 ? value : 0
    this.exemplars[this.#bucketOf(clamped)] = { traceId, value: clamped, timeMs }
  }

  #bucketOf(value: number): number {
    const { bounds } = this
    let index = 0
    while (index < bounds.length && value > (bounds[index] ?? Infinity)) index += 1
    return index
  }
}

/** A histogram of the catalogue. A series is exposed as soon as it is requested. */
export class Histogram<L extends LabelSpec = LabelSpec> extends LabelledSeries<L, HistogramSeries> {
  readonly definition: HistogramDefinition<L>

  constructor(definition: HistogramDefinition<L>, bound: SeriesLimit) {
    const { name, labels, buckets } = definition
    super({ name, labels, isComplete: false }, bound, () => new HistogramSeries(buckets))
    this.definition = definition
  }
}
