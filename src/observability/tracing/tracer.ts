import { readTraceparent } from './span.ts'
import {
  ProcessedUpdate,
  type PublishTimes,
  ReceivedUpdate,
  type TracedFrame,
  type TracedRecord,
  type UpdateDeps,
} from './spans.ts'

/**
 * Limit of traces of slow updates per second: an outage makes every update slow, and a few traces
 * show it.
 */
const MAX_SLOW_PER_SECOND = 5
/**
 * Limit of traced records per second. The sampled flag comes from the record and is not trusted.
 * The limit is far above the rate of our own sampler and too low to cost noticeable CPU.
 */
const MAX_SAMPLED_PER_SECOND = 1000

export interface UpdateTracerOptions {
  /** Share of the received frames that is sampled, 0 to 1. */
  ratio: number
  /** Whether records with the sampled flag are traced here. */
  isSampling: boolean
  /** Updates with a `receive_to_publish` above this are traced as outliers, ms. */
  slowMs: number
  consumerGroup: string
}

export interface UpdateTracerDeps extends UpdateDeps {
  /** Returns a random number, uniform in [0, 1). */
  random: () => number
  slowSuppressed: { add(): void }
  sampledSuppressed: { add(): void }
}

/**
 * Decides which updates are sampled and creates their spans with the tracer of the SDK. The decision
 * comes first and is ours, so that an unsampled update costs one subtraction instead of a span.
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
    if (!this.#sampler.isSampled()) return null
    const { receivedTimeMs: timeMs, receivedMonotonicMs: monotonicMs } = receipt
    return ReceivedUpdate.start(frame, { wallMs: timeMs, monotonicMs }, this.#deps)
  }

  process(record: TracedRecord): ProcessedUpdate | null {
    const { headers } = record
    if (headers === undefined) return null
    const { traceparent, kind } = headers
    // Excludes checkpoints, which are written long after their frame, and replayed records.
    if (traceparent === undefined || kind !== undefined || record.isReplayed) return null
    const parent = this.#options.isSampling ? readTraceparent(traceparent) : null
    if (parent === null) return null
    if (!this.#sampledLimit.tryPass()) {
      this.#deps.sampledSuppressed.add()
      return null
    }
    const { consumerGroup } = this.#options
    return ProcessedUpdate.continue(parent, { record, consumerGroup }, this.#deps)
  }

  rebuild(record: TracedRecord, frame: TracedFrame, times: PublishTimes): string | null {
    if (!this.#slowLimit.tryPass()) {
      this.#deps.slowSuppressed.add()
      return null
    }
    const { consumerGroup } = this.#options
    const update = ProcessedUpdate.rebuild(frame, { record, consumerGroup }, this.#deps)
    update?.publish(frame, times)
    return update?.traceId ?? null
  }
}

/**
 * Samples a share of events at random. The number of events to skip is drawn once per sampled
 * event, so that an unsampled event costs one subtraction.
 */
export class Sampler {
  readonly #ratio: number
  readonly #random: () => number
  #remaining: number

  /** @param ratio share of events, 0 to 1. @param random returns numbers uniform in [0, 1) */
  constructor(ratio: number, random: () => number) {
    this.#ratio = ratio
    this.#random = random
    this.#remaining = this.#draw()
  }

  isSampled(): boolean {
    this.#remaining -= 1
    if (this.#remaining > 0) return false
    this.#remaining = this.#draw()
    return true
  }

  /** Geometric distribution: the number of events up to and including the next sampled one. */
  #draw(): number {
    if (this.#ratio <= 0) return Number.POSITIVE_INFINITY
    if (this.#ratio >= 1) return 1
    return Math.max(1, Math.ceil(Math.log1p(-this.#random()) / Math.log1p(-this.#ratio)))
  }
}

const SECOND_MS = 1000

/** Limits the number of events in any one-second window. */
export class PerSecondLimit {
  readonly #clock: { monotonicMs(): number }
  /** Monotonic times of the last `limit` accepted events, as a ring. */
  readonly #passedMs: Float64Array
  #next = 0

  /** @param limit events in any window of one second, 1 or more */
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
