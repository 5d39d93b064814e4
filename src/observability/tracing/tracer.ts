import * as catalogue from '../catalogue/catalogue.ts'
import type { MetricRegistry } from '../metrics/registry.ts'
import { newSpanId, newTraceId, readTraceparent } from './span.ts'
import {
  ATTRIBUTES,
  frameAttributes,
  ProcessedUpdate,
  type PublishTimes,
  ReceivedUpdate,
  type TracedFrame,
  type TracedRecord,
  type UpdateDeps,
} from './spans.ts'

/** An outage makes every update slow: a few of them tell it. */
const MAX_SLOW_PER_SECOND = 5
/**
 * Records say themselves that they were sampled, and anybody may write them. Far above what our own
 * gate lets through at the rates that we carry, far below what would be felt.
 */
const MAX_SAMPLED_PER_SECOND = 1000

export interface UpdateTracerOptions {
  /** Share of the received frames that is followed, 0 to 1. */
  ratio: number
  /** Whether records that were followed before are followed here. */
  isSampling: boolean
  /** Longest `receive_to_publish` that is no outlier, ms. */
  slowMs: number
  consumerGroup: string
}

export interface UpdateTracerDeps extends UpdateDeps {
  /** Uniform in [0, 1). */
  random: () => number
  slowSuppressed: { add(): void }
  sampledSuppressed: { add(): void }
}

/**
 * Decides which updates are followed, and makes their spans. It knows no tracing library: what it
 * makes are ids and stamps, so that an update which is not followed costs next to nothing.
 */
export class UpdateTracer {
  readonly slowMs: number
  readonly #options: UpdateTracerOptions
  readonly #deps: UpdateTracerDeps
  readonly #sampler: Sampler
  readonly #slowLimit: PerSecondLimit
  readonly #sampledLimit: PerSecondLimit

  constructor(options: UpdateTracerOptions, deps: UpdateTracerDeps) {
    this.slowMs = options.slowMs
    this.#options = options
    this.#deps = deps
    this.#sampler = new Sampler(options.ratio, deps.random)
    this.#slowLimit = new PerSecondLimit(MAX_SLOW_PER_SECOND, deps.clock)
    this.#sampledLimit = new PerSecondLimit(MAX_SAMPLED_PER_SECOND, deps.clock)
  }

  receive(
    frame: TracedFrame,
    receipt: { readonly receivedTimeMs: number; readonly receivedMonotonicMs: number },
  ): ReceivedUpdate | null {
    if (!this.#sampler.isPicked()) return null
    const { receivedTimeMs: timeMs, receivedMonotonicMs: monotonicMs } = receipt
    return new ReceivedUpdate(frame, { wallMs: timeMs, monotonicMs }, this.#deps)
  }

  process(record: TracedRecord): ProcessedUpdate | null {
    const { headers } = record
    if (headers === undefined) return null
    const { traceparent, kind } = headers
    // A checkpoint was made long after its frame, a replayed record is history: neither is an update.
    if (traceparent === undefined || kind !== undefined || record.isReplayed) return null
    const parent = this.#options.isSampling ? readTraceparent(traceparent) : null
    if (parent === null) return null
    if (!this.#sampledLimit.tryPass()) {
      this.#deps.sampledSuppressed.add()
      return null
    }
    const { consumerGroup } = this.#options
    return new ProcessedUpdate({ ...parent, isRemote: true }, record, consumerGroup, this.#deps)
  }

  rebuild(record: TracedRecord, frame: TracedFrame, times: PublishTimes): string | null {
    if (!this.#slowLimit.tryPass()) {
      this.#deps.slowSuppressed.add()
      return null
    }
    const root = { traceId: newTraceId(), spanId: newSpanId() }
    // Of the receipt the record tells the moment, of the producer nothing: the hole before `process` is
    // the way through the topic.
    this.#deps.recorder.record({
      ids: root,
      parentSpanId: null,
      isParentRemote: false,
      name: 'receive',
      kind: 'internal',
      startTimeMs: record.timestampMs,
      endTimeMs: record.timestampMs,
      attributes: { ...frameAttributes(frame), [ATTRIBUTES.isSlow]: true },
      links: [],
      problem: null,
    })
    const { consumerGroup } = this.#options
    const parent = { ...root, isRemote: false }
    new ProcessedUpdate(parent, record, consumerGroup, this.#deps).publish(frame, times)
    return root.traceId
  }
}

/**
 * Picks a share of events at random. How many pass by until the next one is drawn once for each that
 * is picked, so an event that is not costs one subtraction.
 */
export class Sampler {
  readonly #ratio: number
  readonly #random: () => number
  #remaining: number

  /** @param ratio 0 to 1. @param random uniform in [0, 1) */
  constructor(ratio: number, random: () => number) {
    this.#ratio = ratio
    this.#random = random
    this.#remaining = this.#draw()
  }

  isPicked(): boolean {
    this.#remaining -= 1
    if (this.#remaining > 0) return false
    this.#remaining = this.#draw()
    return true
  }

  /** Geometric: the number of events up to and with the next picked one, if each has the same chance. */
  #draw(): number {
    if (this.#ratio <= 0) return Number.POSITIVE_INFINITY
    if (this.#ratio >= 1) return 1
    return Math.max(1, Math.ceil(Math.log1p(-this.#random()) / Math.log1p(-this.#ratio)))
  }
}

const SECOND_MS = 1000

/** Lets at most so many events pass in any second. */
export class PerSecondLimit {
  readonly #clock: { monotonicMs(): number }
  /** When the last ones passed, in a ring. */
  readonly #passedMs: Float64Array
  #next = 0

  /** @param limit 1 or more */
  constructor(limit: number, clock: { monotonicMs(): number }) {
    this.#clock = clock
    this.#passedMs = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY)
  }

  tryPass(): boolean {
    const nowMs = this.#clock.monotonicMs()
    const oldestMs = this.#passedMs[this.#next] ?? 0
    if (nowMs - oldestMs < SECOND_MS) return false
    this.#passedMs[this.#next] = nowMs
    this.#next = (this.#next + 1) % this.#passedMs.length
    return true
  }
}

/** Counters of tracing; all at 0 where it is off. */
export function createTracingMetrics(registry: MetricRegistry) {
  return {
    spans: registry.counter(catalogue.traceSpans).series({}),
    spansDropped: registry.counter(catalogue.traceSpansDropped).series({}),
    exportFailures: registry.counter(catalogue.traceExportFailures).series({}),
    slowSuppressed: registry.counter(catalogue.slowTracesSuppressed).series({}),
    sampledSuppressed: registry.counter(catalogue.sampledTracesSuppressed).series({}),
  }
}
