import { setImmediate } from 'node:timers/promises'
import type { EachBatchPayload, IHeaders, KafkaMessage } from 'kafkajs'
import type { Logger } from '../../model/telemetry.ts'
import { isSoundTimestamp } from '../../model/timestamp.ts'
import type { RecordHeaders, TopicRecord } from '../../model/topic.ts'
import type { Clock } from '../../time/clock.ts'
import type { Assignment, OwnedPartition } from '../consumer/assignment.ts'
import type { GuardedHandler } from '../consumer/guarded-handler.ts'
import type { BeforeBatch } from '../consumer/start-position.ts'
import type { ConsumerMetrics } from '../metrics.ts'
import { OffsetRange } from './fetch/fetched.ts'

/** After so long the event loop and the heartbeat have their turn. */
const SLICE_MS = 5
/** The clock is looked at once in so many records (a power of 2). */
const RECORDS_PER_CLOCK_READ = 16

export interface BatchReaderDeps {
  /** How long the group waits for a word of ours before it gives our partitions away. */
  sessionMs: number
  assignment: Assignment
  handler: GuardedHandler
  metrics: ConsumerMetrics
  clock: Clock
  logger: Logger
  /** Awaited before each batch is handed over. */
  beforeBatch: BeforeBatch
  /** False once the consumer that fetched the batch has been given up. */
  isActive: () => boolean
  /** Records were handed over: the consumer is alive. */
  onProgress: () => void
}

/**
 * Hands the records of a fetched batch over, in order, each once, in slices, and passes the offsets
 * that have none. Stops where the partition is lost in between; what was not handed over is fetched
 * again.
 */
export class BatchReader {
  readonly #deps: BatchReaderDeps
  /** Monotonic ms of the group's last word that we are one of its members. */
  #memberMonotonicMs: number

  constructor(deps: BatchReaderDeps) {
    this.#deps = deps
    this.#memberMonotonicMs = deps.clock.monotonicMs()
  }

  /** Fails only as kafkajs's own heartbeat does, which it knows how to take. */
  async read(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    const { clock, onProgress, assignment, beforeBatch } = this.#deps
    const { topic, partition, messages } = batch
    const fetchedFor = assignment.get(topic, partition)
    // Before it is held up: how long the first of them waits is known from now on.
    if (fetchedFor !== undefined) {
      fetchedFor.lastTimestampMs ??= firstTimestampOf(messages, clock.nowMs())
    }
    await beforeBatch?.()
    const state = assignment.get(topic, partition)
    if (state === undefined || state.next === null || !this.#isCurrent(payload, state)) return
    await this.#assertMember(payload)
    if (!this.#isCurrent(payload, state)) return
    const arrivedMonotonicMs = clock.monotonicMs()
    const arrival = { arrivedTimeMs: clock.nowMs(), arrivedMonotonicMs }
    const end = BigInt(batch.highWatermark)
    const start = this.#skipKnown(payload, state)
    const isToTheEnd = nextAfter(messages) >= end
    const lastRecord = messages.findLastIndex((message) => !(message instanceof OffsetRange))
    const isReplay = state.next < state.replayEnd
    let sliceEndMs = arrivedMonotonicMs + SLICE_MS
    for (let index = start; index < messages.length; index += 1) {
      const message = messages[index]
      if (message === undefined) break
      if (message instanceof OffsetRange) this.#pass(message, state)
      else {
        this.#handOver(message, state, {
          ...arrival,
          isReplayed: isReplay && BigInt(message.offset) < state.replayEnd,
          isAtEnd: isToTheEnd && index === lastRecord,
        })
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
    // No record says so where the last offsets have none.
    if (isToTheEnd && lastRecord < start) this.#deps.handler.onCaughtUp({ topic, partition })
    await this.#heartbeat(payload)
  }

  #handOver(
    message: KafkaMessage,
    state: OwnedPartition,
    place: Omit<MessagePlace, 'topic' | 'partition'>,
  ): void {
    const { topic, partition } = state
    const record = toTopicRecord(message, { topic, partition, ...place })
    this.#deps.handler.onRecord(record)
    if (isSoundTimestamp(record.timestampMs, record.arrivedTimeMs)) {
      state.lastTimestampMs = record.timestampMs
    }
  }

  /** Goes past offsets that have no record to hand over, and says so where they should have. */
  #pass(range: OffsetRange, { topic, partition }: OwnedPartition): void {
    const { firstOffset, offset: lastOffset, problem, count } = range
    if (problem === null) return
    const { metrics, logger, handler } = this.#deps
    metrics.skipped.series({ topic }).add(count)
    logger.warn(
      { topic, partition, firstOffset, lastOffset, problem },
      'batch of the topic skipped: it cannot be read',
    )
    handler.onUnreadable({ topic, partition, firstOffset, lastOffset, problem })
  }

  /**
   * After a standstill longer than the session (the process was stopped, its host asleep) the batch in
   * hand is old, and another member may have the partition: the group is asked before it is shown.
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
      // A seek is pending: the batch was fetched from somewhere else.
      !payload.isStale() &&
      assignment.get(state.topic, state.partition) === state
    )
  }

  /** Index of the first message that was not handed over before. */
  #skipKnown({ batch }: EachBatchPayload, state: OwnedPartition): number {
    const { topic, partition, messages } = batch
    const { metrics, logger } = this.#deps
    const next = state.next ?? 0n
    if (BigInt(batch.highWatermark) < next) {
      // The log is shorter than what we have read of it: it was recreated, and begins again.
      logger.warn({ topic, partition, expected: String(next) }, 'the partition was recreated')
      return 0
    }
    const index = messages.findIndex(({ offset }) => BigInt(offset) >= next)
    const first = messages[index]
    if (first === undefined) return messages.length
    const firstOffset = first instanceof OffsetRange ? first.firstOffset : first.offset
    const missing = BigInt(firstOffset) - next
    // Retention was faster than we are: what is gone cannot be read.
    if (missing > 0n) metrics.skipped.series({ topic }).add(Number(missing))
    return index
  }
}

/** The timestamp of the first record of a batch; null where there is none, or it is not sound. */
function firstTimestampOf(messages: readonly KafkaMessage[], nowMs: number): number | null {
  const first = messages.find((message) => !(message instanceof OffsetRange))
  const timestampMs = Number(first?.timestamp ?? NaN)
  return isSoundTimestamp(timestampMs, nowMs) ? timestampMs : null
}

/** The offset that follows those of a batch. */
function nextAfter(messages: readonly KafkaMessage[]): bigint {
  const last = messages.at(-1)
  return last === undefined ? 0n : BigInt(last.offset) + 1n
}

/** Where and when a message was found. */
type MessagePlace = Omit<TopicRecord, 'offset' | 'key' | 'value' | 'timestampMs' | 'headers'>

/** A message that kafkajs has fetched as a record of ours. */
function toTopicRecord(message: KafkaMessage, place: MessagePlace): TopicRecord {
  return {
    ...place,
    offset: message.offset,
    key: message.key === null ? null : message.key.toString('utf8'),
    value: message.value,
    timestampMs: Number(message.timestamp),
    headers: message.headers === undefined ? undefined : readHeaders(message.headers),
  }
}

/** Header values as text; of several with one name the last. Undefined where there are none. */
function readHeaders(headers: IHeaders): RecordHeaders | undefined {
  let result: Record<string, string> | undefined
  for (const name in headers) {
    const given = headers[name]
    const value = Array.isArray(given) ? given.at(-1) : given
    // Without a prototype: names are those of strangers.
    result ??= Object.create(null) as Record<string, string>
    result[name] = value === undefined || value === null ? '' : value.toString('utf8')
  }
  return result
}
