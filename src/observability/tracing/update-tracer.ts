import { ATTRIBUTES } from './attributes.ts'
import { PerSecondLimit } from './per-second-limit.ts'
import { ProcessedUpdate, type PublishTimes } from './processed-update.ts'
import { frameAttributes, ReceivedUpdate, type UpdateDeps } from './received-update.ts'
import { Sampler } from './sampling-gate.ts'
import type { TracedFrame, TracedRecord } from './stamped.ts'
import { newSpanId, newTraceId, readTraceparent } from './trace-context.ts'

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
