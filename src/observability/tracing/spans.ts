import {
  type Attributes,
  type Link,
  ROOT_CONTEXT,
  SpanKind,
  type Context,
} from '@opentelemetry/api'
import type { Instant } from '../../time/clock.ts'
import {
  endSpan,
  linkTo,
  type OpenSpan,
  remoteContext,
  type StartDeps,
  startSpan,
  toSdkTime,
} from './open-span.ts'
import {
  type ActiveSpan,
  ERROR_TYPE,
  readTraceparent,
  type SpanIds,
  writeTraceparent,
} from './span.ts'

export interface UpdateDeps extends StartDeps {
  activeSpan: ActiveSpan
  clock: { monotonicMs(): number }
}

/** Maximum number of links of one span. */
const MAX_LINKS = 128

/** Returns the attributes of the spans of a frame. */
function frameAttributes(frame: TracedFrame): Attributes {
  return {
    [ATTRIBUTES.instrument]: frame.instrument,
    [ATTRIBUTES.channel]: frame.channel,
    [ATTRIBUTES.changeId]: frame.changeId,
    [ATTRIBUTES.exchangeTimeMs]: frame.exchangeTimeMs,
  }
}

/** A sampled frame and its span `receive`, the root of its trace. */
export class ReceivedUpdate {
  readonly traceId: string
  readonly #receive: OpenSpan
  readonly #receivedAt: Instant
  readonly #deps: UpdateDeps

  private constructor(receive: OpenSpan, receivedAt: Instant, deps: UpdateDeps) {
    this.traceId = receive.ids.traceId
    this.#receive = receive
    this.#receivedAt = receivedAt
    this.#deps = deps
  }

  /** Starts the span; null if the sampler of the SDK drops it. */
  static start(frame: TracedFrame, receivedAt: Instant, deps: UpdateDeps): ReceivedUpdate | null {
    const options = {
      name: 'receive',
      kind: SpanKind.INTERNAL,
      startTimeMs: receivedAt.wallMs,
      attributes: frameAttributes(frame),
    }
    const receive = startSpan(options, ROOT_CONTEXT, deps)
    return receive === null ? null : new ReceivedUpdate(receive, receivedAt, deps)
  }

  run(inside: () => void): void {
    this.#deps.activeSpan.run(this.#receive.ids, inside)
  }

  send(topic: string): SampledRecord {
    const queuedTimeMs = this.#end(null)
    return new SampledRecord(
      this.#receive,
      topic,
      { receivedAt: this.#receivedAt, timeMs: queuedTimeMs },
      this.#deps,
    )
  }

  refuse(problem: string): void {
    this.#end(problem)
  }

  #end(problem: string | null): number {
    const nowMs = epochMs(this.#receivedAt, this.#deps.clock.monotonicMs())
    const times = { startTimeMs: this.#receivedAt.wallMs, endTimeMs: nowMs }
    endSpan(this.#receive, times, problem)
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

interface QueuedRecord {
  /** Receipt of the frame, from which all times of its record are derived. */
  readonly receivedAt: Instant
  /** When the record was passed to the producer, epoch ms. */
  readonly timeMs: number
}

/**
 * A record of a sampled frame and its span `send`, the parent of the consumer's spans. It begins when
 * the record is passed to the producer, as the id must be in the record before the batch is sent; the
 * event `sent` marks the end of the wait in the queue.
 */
export class SampledRecord {
  readonly traceId: string
  readonly traceparent: string
  readonly #send: OpenSpan | null
  readonly #queued: QueuedRecord
  readonly #deps: UpdateDeps

  constructor(parent: OpenSpan, topic: string, queued: QueuedRecord, deps: UpdateDeps) {
    const options = {
      name: `send ${topic}`,
      kind: SpanKind.PRODUCER,
      startTimeMs: queued.timeMs,
      attributes: {
        [ATTRIBUTES.system]: MESSAGING_SYSTEM,
        [ATTRIBUTES.destination]: topic,
        [ATTRIBUTES.operationName]: 'send',
        [ATTRIBUTES.operationType]: 'send',
      },
    }
    this.#send = startSpan(options, parent.context, deps)
    this.traceId = parent.ids.traceId
    this.traceparent = writeTraceparent(this.#send?.ids ?? parent.ids)
    this.#queued = queued
    this.#deps = deps
  }

  acknowledge(send: SendTimes): void {
    if (this.#send === null) return
    const { span } = this.#send
    const { receivedAt } = this.#queued
    span.setAttribute(ATTRIBUTES.partition, String(send.partition))
    span.setAttribute(ATTRIBUTES.batchRecords, send.batchRecords)
    span.addEvent('sent', toSdkTime(epochMs(receivedAt, send.sentMonotonicMs)))
    span.addLinks(this.#linksIn(send.sampled))
    this.#end(epochMs(receivedAt, send.acknowledgedMonotonicMs), null)
  }

  drop(reason: string): void {
    this.#end(epochMs(this.#queued.receivedAt, this.#deps.clock.monotonicMs()), reason)
  }

  #end(endTimeMs: number, problem: string | null): void {
    if (this.#send === null) return
    endSpan(this.#send, { startTimeMs: this.#queued.timeMs, endTimeMs }, problem)
  }

  /**
   * Links to the other records of the same request: the first record of a batch links to all
   * others, and they link to it. Linking each to each would be quadratic when everything is
   * sampled.
   */
  #linksIn(sampled: SendTimes['sampled']): Link[] {
    const [first] = sampled
    const linked = first?.traceparent === this.traceparent ? sampled.slice(1) : [first]
    return linked.slice(0, MAX_LINKS).flatMap((record) => {
      const ids = record === undefined ? null : readTraceparent(record.traceparent)
      return ids === null ? [] : linkTo(ids)
    })
  }
}

export interface PublishTimes {
  readonly readMonotonicMs: number
  readonly publishedMonotonicMs: number
}

interface ProcessOptions {
  readonly record: TracedRecord
  readonly consumerGroup: string
}

/** A record being processed, with the span `process` and its child `publish`. */
export class ProcessedUpdate {
  readonly traceId: string
  readonly #process: OpenSpan
  readonly #record: TracedRecord
  readonly #deps: UpdateDeps

  private constructor(process: OpenSpan, record: TracedRecord, deps: UpdateDeps) {
    this.traceId = process.ids.traceId
    this.#process = process
    this.#record = record
    this.#deps = deps
  }

  /**
   * Continues the trace of a sampled record; null if the sampler of the SDK drops it.
   * @param parent the span `send` of the record, in its header
   */
  static continue(
    parent: SpanIds,
    options: ProcessOptions,
    deps: UpdateDeps,
  ): ProcessedUpdate | null {
    // The conventions of messaging ask for a link to the message's context beside the parent.
    return ProcessedUpdate.#start(remoteContext(parent), [linkTo(parent)], options, deps)
  }

  /**
   * Creates the trace of an update whose record was not sampled, from its timestamps; null if the
   * sampler of the SDK drops it. The record carries the time of receipt but nothing of the producer:
   * the gap before `process` is the time in producer and topic.
   */
  static rebuild(
    frame: TracedFrame,
    options: ProcessOptions,
    deps: UpdateDeps,
  ): ProcessedUpdate | null {
    const receivedTimeMs = options.record.timestampMs
    const receive = startSpan(
      {
        name: 'receive',
        kind: SpanKind.INTERNAL,
        startTimeMs: receivedTimeMs,
        attributes: { ...frameAttributes(frame), [ATTRIBUTES.isSlow]: true },
      },
      ROOT_CONTEXT,
      deps,
    )
    if (receive === null) return null
    endSpan(receive, { startTimeMs: receivedTimeMs, endTimeMs: receivedTimeMs }, null)
    return ProcessedUpdate.#start(receive.context, [], options, deps)
  }

  static #start(
    parent: Context,
    links: Link[],
    { record, consumerGroup }: ProcessOptions,
    deps: UpdateDeps,
  ): ProcessedUpdate | null {
    const { topic, partition, offset, arrivedTimeMs } = record
    const process = startSpan(
      {
        name: `process ${topic}`,
        kind: SpanKind.CONSUMER,
        startTimeMs: arrivedTimeMs,
        attributes: {
          [ATTRIBUTES.system]: MESSAGING_SYSTEM,
          [ATTRIBUTES.destination]: topic,
          [ATTRIBUTES.partition]: String(partition),
          [ATTRIBUTES.offset]: Number(offset),
          [ATTRIBUTES.operationName]: 'process',
          [ATTRIBUTES.operationType]: 'process',
          [ATTRIBUTES.consumerGroup]: consumerGroup,
        },
        links,
      },
      parent,
      deps,
    )
    return process === null ? null : new ProcessedUpdate(process, record, deps)
  }

  run(inside: () => void): void {
    this.#deps.activeSpan.run(this.#process.ids, inside)
  }

  publish(frame: TracedFrame, times: PublishTimes): void {
    const startTimeMs = this.#epochMs(times.readMonotonicMs)
    const endTimeMs = this.#epochMs(times.publishedMonotonicMs)
    this.#process.span.setAttributes(frameAttributes(frame))
    this.#end(endTimeMs, null)
    const publish = startSpan(
      {
        name: 'publish',
        kind: SpanKind.INTERNAL,
        startTimeMs,
        attributes: { [ATTRIBUTES.instrument]: frame.instrument },
      },
      this.#process.context,
      this.#deps,
    )
    if (publish !== null) endSpan(publish, { startTimeMs, endTimeMs }, null)
  }

  skip(reason: string): void {
    this.#end(this.#epochMs(this.#deps.clock.monotonicMs()), reason)
  }

  #end(endTimeMs: number, problem: string | null): void {
    endSpan(this.#process, { startTimeMs: this.#record.arrivedTimeMs, endTimeMs }, problem)
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
  offset: 'messaging.kafka.offset',
  errorType: ERROR_TYPE,
  instrument: 'orderbook.instrument',
  channel: 'orderbook.channel',
  changeId: 'orderbook.change_id',
  exchangeTimeMs: 'orderbook.exchange_time_ms',
  /** Records of the request; the convention's count is for spans of a whole batch. */
  batchRecords: 'orderbook.batch_records',
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
