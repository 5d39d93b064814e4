import type { Instant } from '../../time/clock.ts'
import {
  type ActiveSpan,
  type FinishedSpan,
  newSpanId,
  newTraceId,
  readTraceparent,
  type SpanIds,
  type SpanRecorder,
  writeTraceparent,
} from './span.ts'

export interface UpdateDeps {
  recorder: SpanRecorder
  activeSpan: ActiveSpan
  clock: { monotonicMs(): number }
}

/** Most links of one span. */
const MAX_LINKS = 128

/** Returns the attributes of the spans of a frame. */
export function frameAttributes(frame: TracedFrame): Record<string, string | number> {
  return {
    [ATTRIBUTES.instrument]: frame.instrument,
    [ATTRIBUTES.channel]: frame.channel,
    [ATTRIBUTES.changeId]: frame.changeId,
    [ATTRIBUTES.exchangeTimeMs]: frame.exchangeTimeMs,
  }
}

/** A sampled frame and its span `receive`, the root of its trace. */
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

/** A record of a sampled frame and its span `send`, the parent of the consumer's spans. */
export class SampledRecord {
  readonly traceId: string
  readonly traceparent: string
  readonly #ids: SpanIds
  readonly #parentSpanId: string
  readonly #topic: string
  readonly #handed: { readonly at: Instant; readonly nowMs: number }
  readonly #deps: UpdateDeps

  /**
   * @param handed when the record was passed to the producer, on the clock of the frame's receipt
   */
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
   * Links to the other records of the same request: the first record of a batch links to all
   * others, and they link to it. Linking each to each would be quadratic when everything is
   * sampled.
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

export interface PublishTimes {
  readonly readMonotonicMs: number
  readonly publishedMonotonicMs: number
}

/** A record being processed, with the span `process` and its child `publish`. */
export class ProcessedUpdate {
  readonly traceId: string
  readonly #ids: SpanIds
  readonly #parent: SpanIds & { readonly isRemote: boolean }
  readonly #record: TracedRecord
  readonly #consumerGroup: string
  readonly #deps: UpdateDeps

  /** @param parent the span `send` of the record, or its root if that is unknown */
  constructor(
    parent: SpanIds & { readonly isRemote: boolean },
    record: TracedRecord,
    consumerGroup: string,
    deps: UpdateDeps,
  ) {
    this.traceId = parent.traceId
    this.#ids = { traceId: parent.traceId, spanId: newSpanId() }
    this.#parent = parent
    this.#record = record
    this.#consumerGroup = consumerGroup
    this.#deps = deps
  }

  run(inside: () => void): void {
    this.#deps.activeSpan.run(this.#ids, inside)
  }

  publish(frame: TracedFrame, times: PublishTimes): void {
    this.#process(times.publishedMonotonicMs, frameAttributes(frame), null)
    this.#deps.recorder.record({
      ids: { traceId: this.traceId, spanId: newSpanId() },
      parentSpanId: this.#ids.spanId,
      isParentRemote: false,
      name: 'publish',
      kind: 'internal',
      startTimeMs: this.#epochMs(times.readMonotonicMs),
      endTimeMs: this.#epochMs(times.publishedMonotonicMs),
      attributes: { [ATTRIBUTES.instrument]: frame.instrument },
      links: [],
      problem: null,
    })
  }

  skip(reason: string): void {
    this.#process(this.#deps.clock.monotonicMs(), {}, reason)
  }

  #process(endMonotonicMs: number, more: FinishedSpan['attributes'], problem: string | null): void {
    const { topic, partition, offset, arrivedTimeMs } = this.#record
    this.#deps.recorder.record({
      ids: this.#ids,
      parentSpanId: this.#parent.spanId,
      isParentRemote: this.#parent.isRemote,
      name: `process ${topic}`,
      kind: 'consumer',
      startTimeMs: arrivedTimeMs,
      endTimeMs: this.#epochMs(endMonotonicMs),
      attributes: {
        [ATTRIBUTES.system]: MESSAGING_SYSTEM,
        [ATTRIBUTES.destination]: topic,
        [ATTRIBUTES.partition]: String(partition),
        [ATTRIBUTES.offset]: Number(offset),
        [ATTRIBUTES.operationName]: 'process',
        [ATTRIBUTES.operationType]: 'process',
        [ATTRIBUTES.consumerGroup]: this.#consumerGroup,
        ...more,
      },
      links: [],
      problem,
    })
  }

  #epochMs(monotonicTimestampMs: number): number {
    const { arrivedTimeMs, arrivedMonotonicMs } = this.#record
    return epochMs({ wallMs: arrivedTimeMs, monotonicMs: arrivedMonotonicMs }, monotonicTimestampMs)
  }
}

/**
 * Names of span attributes: those of messaging follow the OpenTelemetry semantic conventions,
 * which are not stable and therefore written only here; our own have our prefix and their unit.
 */
export const ATTRIBUTES = {
  system: 'messaging.system',
  destination: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  consumerGroup: 'messaging.consumer.group.name',
  batchRecords: 'messaging.batch.message_count',
  offset: 'messaging.kafka.offset',
  errorType: 'error.type',
  instrument: 'orderbook.instrument',
  channel: 'orderbook.channel',
  changeId: 'orderbook.change_id',
  exchangeTimeMs: 'orderbook.exchange_time_ms',
  /** Whether the spans were created afterwards because the update was slow. */
  isSlow: 'orderbook.slow',
} as const

/** Also used for the in-process topic, which behaves like Kafka. */
const MESSAGING_SYSTEM = 'kafka'

function epochMs({ wallMs: timeMs, monotonicMs }: Instant, monotonicTimestampMs: number): number {
  return timeMs + (monotonicTimestampMs - monotonicMs)
}

/** Fields of a frame that its spans use. */
export interface TracedFrame {
  readonly instrument: string
  readonly channel: string
  readonly changeId: number
  readonly exchangeTimeMs: number
}

/** Fields of a record that its spans use. All are untrusted. */
export interface TracedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly timestampMs: number
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly arrivedTimeMs: number
  readonly arrivedMonotonicMs: number
  readonly isReplayed: boolean
}
