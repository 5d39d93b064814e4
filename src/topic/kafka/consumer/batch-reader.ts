import { setImmediate } from 'node:timers/promises'
import type { EachBatchPayload, IHeaders, KafkaMessage } from 'kafkajs'
import type { Logger } from '../../../model/telemetry.ts'
import {
  isPlausibleTimestamp,
  type RecordHeaders,
  type SupersedableRecord,
  type TopicRecord,
} from '../../../model/topic.ts'
import type { Clock } from '../../../time/clock.ts'
import type { Assignment, OwnedPartition } from '../../consumer/assignment.ts'
import type { GuardedHandler } from '../../consumer/guarded-handler.ts'
import type { ReadingLoad } from '../../consumer/reading-load.ts'
import type { BeforeBatch } from '../../consumer/start-position.ts'
import type { ConsumerMetrics } from '../../metrics.ts'
import { OffsetRange } from '../fetch/fetched.ts'

/** Yield to the event loop and send a heartbeat after this long. */
const SLICE_MS = 5
/** The clock is read once per this many records (a power of 2). */
const RECORDS_PER_CLOCK_READ = 16

export interface BatchReaderDeps {
  /** Session timeout: the group reassigns our partitions after this long without a heartbeat. */
  sessionMs: number
  assignment: Assignment
  handler: GuardedHandler
  readingLoad: ReadingLoad
  metrics: ConsumerMetrics
  clock: Clock
  logger: Logger
  /** Awaited before each batch is processed. */
  beforeBatch: BeforeBatch
  /** False once the consumer that fetched the batch was replaced. */
  isActive: () => boolean
  /** Called after records were processed: the consumer is alive. */
  onProgress: () => void
}

/**
 * Passes the records of a fetched batch to the handler, in order, each once, in slices; skips
 * offsets without records. Stops if the partition is lost meanwhile; unprocessed records are
 * fetched again.
 */
export class BatchReader {
  readonly #deps: BatchReaderDeps
  /** Monotonic ms when the group last confirmed our membership. */
  #memberMonotonicMs: number

  constructor(deps: BatchReaderDeps) {
    this.#deps = deps
    this.#memberMonotonicMs = deps.clock.monotonicMs()
  }

  /** Processes a batch. Throws only what the heartbeat of kafkajs throws, which kafkajs handles. */
  async read(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    const { clock, onProgress, assignment, beforeBatch } = this.#deps
    const { topic, partition, messages } = batch
    const fetchedFor = assignment.get(topic, partition)
    // Before the hook, so that the lag in seconds is known while the hook blocks.
    if (fetchedFor !== undefined) {
      fetchedFor.lastTimestampMs ??= firstTimestampOf(messages, clock.nowMs())
    }
    await beforeBatch?.()
    const state = assignment.get(topic, partition)
    if (state === undefined || state.next === null || !this.#isCurrent(payload, state)) return
    await this.#assertMember(payload)
    if (!this.#isCurrent(payload, state)) return
    const arrivedMonotonicMs = clock.monotonicMs()
    const end = BigInt(batch.highWatermark)
    const start = this.#skipKnown(payload, state)
    const reachesEnd = nextAfter(messages) >= end
    const lastRecord = messages.findLastIndex((message) => !(message instanceof OffsetRange))
    const isReplay = state.next < state.replayEnd
    let sliceEndMs = arrivedMonotonicMs + SLICE_MS
    const place = {
      topic,
      partition,
      arrivedTimeMs: clock.nowMs(),
      arrivedMonotonicMs,
      isReplayed: false,
      isAtEnd: false,
    }
    const { arrivedTimeMs } = place
    const superseded = isReplay
      ? null
      : this.#superseded(batch, start, state, { arrivedTimeMs, arrivedMonotonicMs, reachesEnd })
    for (let index = start; index < messages.length; index += 1) {
      const message = messages[index]
      if (message === undefined) break
      if (message instanceof OffsetRange) this.#pass(message, state)
      else if (superseded?.has(index) === true) {
        this.#deps.handler.onSuperseded({ topic, partition, ...textOf(message) })
      } else {
        place.isReplayed = isReplay && BigInt(message.offset) < state.replayEnd
        place.isAtEnd = reachesEnd && index === lastRecord
        this.#deliver(message, state, place)
      }
      const isLast = index === messages.length - 1
      const isClockRead = (index & (RECORDS_PER_CLOCK_READ - 1)) === RECORDS_PER_CLOCK_READ - 1
      if (!isLast && !(isClockRead && clock.monotonicMs() >= sliceEndMs)) continue
      if (!this.#isCurrent(payload, state)) return
      state.next = BigInt(message.offset) + 1n
      payload.resolveOffset(message.offset)
      onProgress()
      if (isLast) break
      await setImmediate()
      await this.#heartbeat(payload)
      if (!this.#isCurrent(payload, state)) return
      sliceEndMs = clock.monotonicMs() + SLICE_MS
    }
    // If the last offsets have no records, no record reports the end.
    if (reachesEnd && lastRecord < start) this.#deps.handler.onCaughtUp({ topic, partition })
    await this.#heartbeat(payload)
  }

  /**
   * Notes how late the batch is; returns the indices of records that need not be handled, null =
   * none.
   */
  #superseded(
    { topic, messages }: EachBatchPayload['batch'],
    start: number,
    state: OwnedPartition,
    arrival: { arrivedTimeMs: number; arrivedMonotonicMs: number; reachesEnd: boolean },
  ): ReadonlySet<number> | null {
    const { readingLoad, handler } = this.#deps
    const { arrivedTimeMs, arrivedMonotonicMs, reachesEnd } = arrival
    const firstMs = firstTimestampOf(messages, arrivedTimeMs)
    const ageMs = firstMs === null ? 0 : Math.max(0, arrivedTimeMs - firstMs)
    // A batch that reaches the end was not delayed by reading, only by its producer.
    state.delay = { ms: reachesEnd ? 0 : ageMs, readMonotonicMs: arrivedMonotonicMs }
    return readingLoad.superseded(topic, ageMs, {
      from: start,
      end: messages.length,
      channelAt: (index) => {
        const message = messages[index]
        if (message === undefined || message instanceof OffsetRange) return null
        return hasHeaders(message) ? null : handler.supersedableChannel(textOf(message))
      },
    })
  }

  #deliver(message: KafkaMessage, state: OwnedPartition, place: MessagePlace): void {
    const record = toTopicRecord(message, place)
    this.#deps.handler.onRecord(record)
    if (isPlausibleTimestamp(record.timestampMs, record.arrivedTimeMs)) {
      state.lastTimestampMs = record.timestampMs
    }
  }

  /** Skips offsets without records, and reports those that should have some. */
  #pass(range: OffsetRange, { topic, partition }: OwnedPartition): void {
    const { firstOffset, offset: lastOffset, problem, count } = range
    if (problem === null) return
    const { metrics, logger, handler } = this.#deps
    metrics.skipped.series({ topic }).add(count)
    logger.warn({ topic, partition, firstOffset, lastOffset, problem }, 'unreadable batch skipped')
    handler.onUnreadable({ topic, partition, firstOffset, lastOffset, problem })
  }

  /**
   * Verifies membership after a pause longer than the session (process stopped, host asleep). The
   * batch may be old and another member may own the partition, so the group is asked first.
   */
  async #assertMember(payload: EachBatchPayload): Promise<void> {
    const { clock, sessionMs } = this.#deps
    if (clock.monotonicMs() - this.#memberMonotonicMs <= sessionMs) return
    await this.#heartbeat(payload)
  }

  async #heartbeat(payload: EachBatchPayload): Promise<void> {
    await payload.heartbeat()
    this.#memberMonotonicMs = this.#deps.clock.monotonicMs()
  }

  #isCurrent(payload: EachBatchPayload, state: OwnedPartition): boolean {
    const { assignment, isActive } = this.#deps
    return (
      isActive() &&
      payload.isRunning() &&
      // A seek is pending: the batch was fetched from another position.
      !payload.isStale() &&
      assignment.get(state.topic, state.partition) === state
    )
  }

  /** Index of the first message that was not processed before. */
  #skipKnown({ batch }: EachBatchPayload, state: OwnedPartition): number {
    const { topic, partition, messages } = batch
    const { metrics, logger } = this.#deps
    const next = state.next ?? 0n
    if (BigInt(batch.highWatermark) < next) {
      // The log ends before our position: it was recreated and starts over.
      logger.warn(
        { topic, partition, expected: String(next) },
        'partition was recreated, rereading it from the start',
      )
      return 0
    }
    const index = messages.findIndex(({ offset }) => BigInt(offset) >= next)
    const first = messages[index]
    if (first === undefined) return messages.length
    const firstOffset = first instanceof OffsetRange ? first.firstOffset : first.offset
    const missing = BigInt(firstOffset) - next
    // Retention overtook the consumer: these records are lost.
    if (missing > 0n) metrics.skipped.series({ topic }).add(Number(missing))
    return index
  }
}

/** Timestamp of the first record of a batch; null if there is none, or it is invalid. */
function firstTimestampOf(messages: readonly KafkaMessage[], nowMs: number): number | null {
  const first = messages.find((message) => !(message instanceof OffsetRange))
  const timestampMs = Number(first?.timestamp ?? NaN)
  return isPlausibleTimestamp(timestampMs, nowMs) ? timestampMs : null
}

/** The offset after those of a batch. */
function nextAfter(messages: readonly KafkaMessage[]): bigint {
  const last = messages.at(-1)
  return last === undefined ? 0n : BigInt(last.offset) + 1n
}

/** Checkpoints and sampled records have headers. */
function hasHeaders({ headers }: KafkaMessage): boolean {
  return headers !== undefined && Object.keys(headers).length > 0
}

function textOf({ key, value }: KafkaMessage): SupersedableRecord {
  return { key: key === null ? null : key.toString('utf8'), value }
}

/** Where and when a message was read: one object per batch. */
type MessagePlace = Omit<
  TopicRecord,
  'offset' | 'key' | 'value' | 'timestampMs' | 'headers' | 'receivedMonotonicMs'
>

/** Converts a message of kafkajs to a record. */
export function toTopicRecord(message: KafkaMessage, place: MessagePlace): TopicRecord {
  // Without a spread, which would cost more than the rest of this function.
  return {
    topic: place.topic,
    partition: place.partition,
    offset: message.offset,
    key: message.key === null ? null : message.key.toString('utf8'),
    value: message.value,
    timestampMs: Number(message.timestamp),
    headers: message.headers === undefined ? undefined : readHeaders(message.headers),
    arrivedTimeMs: place.arrivedTimeMs,
    arrivedMonotonicMs: place.arrivedMonotonicMs,
    isReplayed: place.isReplayed,
    isAtEnd: place.isAtEnd,
  }
}

/** Header values as text; the last one wins if a name repeats. Undefined if there are none. */
function readHeaders(headers: IHeaders): RecordHeaders | undefined {
  let result: Record<string, string> | undefined
  for (const name in headers) {
    const given = headers[name]
    const value = Array.isArray(given) ? given.at(-1) : given
    // Without a prototype, as names are untrusted.
    result ??= Object.create(null) as Record<string, string>
    result[name] = value === undefined || value === null ? '' : value.toString('utf8')
  }
  return result
}
