import type { ActiveSpan } from './active-span.ts'
import { ATTRIBUTES, MESSAGING_SYSTEM } from './attributes.ts'
import type { FinishedSpan, SpanIds, SpanRecorder } from './span.ts'
import { epochMs, type Instant, type TracedFrame } from './stamped.ts'
import { newSpanId, newTraceId, readTraceparent, writeTraceparent } from './trace-context.ts'

export interface UpdateDeps {
  recorder: SpanRecorder
  activeSpan: ActiveSpan
  clock: { monotonicMs(): number }
}

/** Links of one span at most. */
const MAX_LINKS = 128

/** What the spans of a frame say of it. */
export function frameAttributes(frame: TracedFrame): Record<string, string | number> {
  return {
    [ATTRIBUTES.instrument]: frame.instrument,
    [ATTRIBUTES.channel]: frame.channel,
    [ATTRIBUTES.changeId]: frame.changeId,
    [ATTRIBUTES.exchangeTimeMs]: frame.exchangeTimeMs,
  }
}

/** A frame that the gate picked, and the span `receive` of it: the root of its trace. */
export class ReceivedUpdate {
  readonly traceId = newTraceId()
  readonly #ids: SpanIds = { traceId: this.traceId, spanId: newSpanId() }
  readonly #frame: TracedFrame
  readonly #receivedAt: Instant
  readonly #deps: UpdateDeps

  constructor(frame: TracedFrame, receivedAt: Instant, deps: UpdateDeps) {
    this.#frame = frame
    this.#receivedAt = receivedAt
    this.#deps = deps
  }

  run(inside: () => void): void {
    this.#deps.activeSpan.run(this.#ids, inside)
  }

  send(topic: string): SampledRecord {
    const nowMs = this.#end(null)
    return new SampledRecord(this.#ids, topic, { at: this.#receivedAt, nowMs }, this.#deps)
  }

  refuse(problem: string): void {
    this.#end(problem)
  }

  #end(problem: string | null): number {
    const nowMs = this.#deps.clock.monotonicMs()
    this.#deps.recorder.record({
      ids: this.#ids,
      parentSpanId: null,
      isParentRemote: false,
      name: 'receive',
      kind: 'internal',
      startTimeMs: this.#receivedAt.wallMs,
      endTimeMs: epochMs(this.#receivedAt, nowMs),
      attributes: frameAttributes(this.#frame),
      links: [],
      problem,
    })
    return nowMs
  }
}

interface SendTimes {
  readonly partition: number
  readonly batchRecords: number
  readonly sampled: readonly { readonly traceparent: string }[]
  readonly sentMonotonicMs: number
  readonly acknowledgedMonotonicMs: number
}

/** A record of a picked frame, and the span `send` of it, which its readers go on from. */
export class SampledRecord {
  readonly traceId: string
  readonly traceparent: string
  readonly #ids: SpanIds
  readonly #parentSpanId: string
  readonly #topic: string
  readonly #handed: { readonly at: Instant; readonly nowMs: number }
  readonly #deps: UpdateDeps

  /** @param handed when the producer was given the record, on the clock of the frame's receipt */
  constructor(
    parent: SpanIds,
    topic: string,
    handed: { readonly at: Instant; readonly nowMs: number },
    deps: UpdateDeps,
  ) {
    this.traceId = parent.traceId
    this.#ids = { traceId: parent.traceId, spanId: newSpanId() }
    this.traceparent = writeTraceparent(this.#ids)
    this.#parentSpanId = parent.spanId
    this.#topic = topic
    this.#handed = handed
    this.#deps = deps
  }

  acknowledge(send: SendTimes): void {
    this.#record({
      startTimeMs: epochMs(this.#handed.at, send.sentMonotonicMs),
      endTimeMs: epochMs(this.#handed.at, send.acknowledgedMonotonicMs),
      attributes: {
        ...this.#attributes(),
        [ATTRIBUTES.partition]: String(send.partition),
        [ATTRIBUTES.batchRecords]: send.batchRecords,
      },
      links: this.#linksIn(send.sampled),
      problem: null,
    })
  }

  drop(reason: string): void {
    this.#record({
      startTimeMs: epochMs(this.#handed.at, this.#handed.nowMs),
      endTimeMs: epochMs(this.#handed.at, this.#deps.clock.monotonicMs()),
      attributes: this.#attributes(),
      links: [],
      problem: reason,
    })
  }

  #attributes(): FinishedSpan['attributes'] {
    return {
      [ATTRIBUTES.system]: MESSAGING_SYSTEM,
      [ATTRIBUTES.destination]: this.#topic,
      [ATTRIBUTES.operationName]: 'send',
      [ATTRIBUTES.operationType]: 'send',
    }
  }

  /**
   * The others that travelled in the same request: the first record of a batch links to all others, and
   * they to it. Each to each would be a square of links where everything is sampled.
   */
  #linksIn(sampled: SendTimes['sampled']): SpanIds[] {
    const [first] = sampled
    const linked = first?.traceparent === this.traceparent ? sampled.slice(1) : [first]
    return linked
      .slice(0, MAX_LINKS)
      .flatMap((record) =>
        record === undefined ? [] : (readTraceparent(record.traceparent) ?? []),
      )
  }

  #record(
    span: Pick<FinishedSpan, 'startTimeMs' | 'endTimeMs' | 'attributes' | 'links' | 'problem'>,
  ): void {
    this.#deps.recorder.record({
      ids: this.#ids,
      parentSpanId: this.#parentSpanId,
      isParentRemote: false,
      name: `send ${this.#topic}`,
      kind: 'producer',
      ...span,
    })
  }
}
