import type { TopicView } from './pipeline.ts'

/** Header values are text; the topic folder converts them to bytes and back. */
export type RecordHeaders = Readonly<Record<string, string>>

/** A record to be written to a topic. */
export interface OutgoingRecord {
  readonly topic: string
  /** Instrument name; determines the partition (Kafka's default partitioner) and so the order. */
  readonly key: string
  /** Channel of the frame, used by conflation and sequence cuts. */
  readonly channel: string
  readonly value: Buffer
  /** Time of receipt, epoch ms (CreateTime); for a checkpoint: time of sending. */
  readonly timestampMs: number
  /**
   * `frame`: as the exchange sent it; `checkpoint`: made by the producer. In the topic of numbers
   * `numbers`: true until a later record of the channel; `state`: a change of state, never dropped
   * for a later one.
   */
  readonly kind: 'frame' | 'checkpoint' | 'numbers' | 'state'
  /** True if a reader needs no record before it, as for a snapshot; false for a change. */
  readonly isWhole: boolean
  readonly headers?: RecordHeaders
  /** Monotonic ms of the receipt, for `receive_to_send`. */
  readonly receivedMonotonicMs: number
  /** Set if tracing sampled the record. */
  readonly sampled?: SampledRecord
}

/** A record as a consumer reads it. Its contents are untrusted. */
export interface TopicRecord {
  readonly topic: string
  readonly partition: number
  /** Decimal, as Kafka writes it. */
  readonly offset: string
  /** null if the record has no key. */
  readonly key: string | null
  /** null for a tombstone. */
  readonly value: Buffer | null
  readonly timestampMs: number
  /** undefined if the record has none, which is the normal case. */
  readonly headers: RecordHeaders | undefined
  /** Arrival in this process: wall clock, epoch ms, and monotonic. */
  readonly arrivedTimeMs: number
  readonly arrivedMonotonicMs: number
  /** Monotonic ms of the receipt by the producer, if the topic is inside the process. */
  readonly receivedMonotonicMs?: number
  /**
   * Written before this member was assigned the partition: updates state, but is not counted as an
   * update.
   */
  readonly isReplayed: boolean
  /** True if the partition had no newer record when this one was fetched. */
  readonly isAtEnd: boolean
}

/** What shows, without parsing, whether a later record supersedes a record. */
export interface SupersedableRecord {
  /** null if the record has no key. */
  readonly key: string | null
  /** null for a tombstone. */
  readonly value: Buffer | null
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Offset range of a partition whose records cannot be read, both ends included. */
export interface UnreadableRange extends TopicPartition {
  /** Decimal, as Kafka writes them. */
  readonly firstOffset: string
  readonly lastOffset: string
  /** Why the records cannot be read. */
  readonly problem: string
}

/** Last known health of the producer; read by readiness checks and `/api/v1/pipeline`. */
export interface ProducerHealth {
  /** True once topics exist and the transport is open. */
  readonly isConnected: boolean
  /** True when the last send was acknowledged, or no record waits. */
  readonly isDelivering: boolean
  /** Why records are not delivered; null when there is no problem. */
  readonly problem: string | null
}

export interface ConsumerHealth {
  /** True while this member has joined the group and has its assignment (which may be empty). */
  readonly isJoined: boolean
  readonly problem: string | null
  /** Why the topics cannot be read; null when they can. */
  readonly topicProblem: string | null
  readonly partitions: readonly TopicPartition[]
}

/** Keys of a topic moved to other partitions: those for which `hasMoved` is true. */
export type OnKeysMoved = (topic: string, hasMoved: (key: string) => boolean) => void

/**
 * Writes records. `send` never blocks and never throws: when the queue is full, the overflow policy
 * drops and counts.
 */
export interface TopicProducer {
  /** Resolves once supervision runs; an unreachable broker is retried, not an error. */
  start(): Promise<void>
  send(record: OutgoingRecord): void
  /**
   * Channels of a topic whose sequence was cut: their records are dropped until a full record
   * comes. Empty while the queue has no capacity for one.
   */
  channelsToRestart(topic: string): Iterable<string>
  /**
   * True while records come faster than this process can handle them: newest wins, and an
   * incremental channel gets at most one record a second.
   */
  readonly isOverloaded: boolean
  /** Counts a frame as conflated that a newer one superseded before it became a record. */
  noteSuperseded(topic: string): void
  /**
   * Removes the state of a channel that sends no more records; in the topic of numbers also its
   * waiting records.
   */
  forgetChannel(topic: string, channel: string): void
  /** Registers a callback for changes of a topic's partition count; call before `start`. */
  whenKeysMove(onKeysMoved: OnKeysMoved): void
  /**
   * Waits until nothing is queued or in flight, or the timeout; returns the number of frames left.
   */
  flush(timeoutMs: number): Promise<number>
  /** Idempotent. Frames still queued are counted as dropped (`shutdown`). */
  stop(timeoutMs: number): Promise<void>
  health(): ProducerHealth
}

/** Writes the numbers; as `TopicProducer`. */
export interface NumbersProducer extends Pick<TopicProducer, 'send' | 'forgetChannel'> {
  /** Drops the waiting numbers of a channel: they are no longer true. */
  retract(topic: string, channel: string): void
}

/**
 * Called by the topic folder; an exception from it is caught, counted and never reaches the client
 * library.
 */
export interface RecordHandler {
  /**
   * Partition count of the book topic: called before the first assignment, and whenever partitions
   * were added.
   */
  onPartitionCount(topic: string, count: number): void
  /**
   * Partitions assigned to this member, before their first record; repeated if an owned partition
   * is reread.
   */
  onAssigned(partitions: readonly TopicPartition[]): void
  /** Partitions that this member lost, after their last record. */
  onRevoked(partitions: readonly TopicPartition[]): void
  /** Records in partition order, one at a time. */
  onRecord(record: TopicRecord): void
  /**
   * The end of a partition was reached without a record that shows it (`isAtEnd`), because its last
   * offsets hold no records, such as transaction markers.
   */
  onCaughtUp(partition: TopicPartition): void
  /**
   * Channel of a record that a later record of the same channel supersedes: an ordinary grouped
   * snapshot. Null for every other record, and for one that is not as the exchange writes it.
   */
  supersedableChannel(record: SupersedableRecord): string | null
  /** A record that was not handled, as a newer one supersedes it and reading is behind. */
  onSuperseded(record: SupersedableRecord & TopicPartition): void
  /** Records that were skipped, in partition order. They were already counted and logged. */
  onUnreadable(range: UnreadableRange): void
}

export interface TopicConsumer {
  /**
   * Partition of a record with this key; undefined while the topic's partition count is unknown.
   */
  partitionOf(topic: string, key: string): number | undefined
  start(handler: RecordHandler): Promise<void>
  /** Commits, leaves the group, closes; idempotent. */
  stop(timeoutMs: number): Promise<void>
  health(): ConsumerHealth
  /** The topics to be read, and why one is not. */
  topics(): readonly TopicView[]
}

/** A sampled update. Its id is used in exemplars: 32 lower-case hexadecimal digits. */
export interface SampledUpdate {
  readonly traceId: string
}

/** A sampled record inside the producer. */
export interface SampledRecord extends SampledUpdate {
  /** Value of the header `traceparent` (W3C trace context). */
  readonly traceparent: string
  /** Ends the span `send`. */
  acknowledge(send: SendTimes): void
  /** Ends the span `send` too: the producer dropped the record or did not accept it. */
  drop(reason: string): void
}

export interface SendTimes {
  readonly partition: number
  /** Records of the batch, sampled or not. */
  readonly batchRecords: number
  /** Sampled records of the batch, this one among them. */
  readonly sampled: readonly SampledRecord[]
  readonly sentMonotonicMs: number
  readonly acknowledgedMonotonicMs: number
}

/** September 2001. Present times in seconds, read as milliseconds, are before it, as is 0. */
const EARLIEST_MS = 1_000_000_000_000
/** Largest plausible error of a wall clock ahead of ours: a wrong time zone is at most 14 hours. */
const MAX_AHEAD_MS = 86_400_000

/**
 * Whether an untrusted number is a plausible timestamp, epoch ms: -1, 0, seconds, microseconds and
 * NaN are not. A wrong clock is tolerated: its lags are clamped and counted as skew.
 */
export function isPlausibleTimestamp(timestampMs: number, nowMs: number): boolean {
  return timestampMs >= EARLIEST_MS && timestampMs <= nowMs + MAX_AHEAD_MS
}

/** Why a send of a batch failed; the label `reason` of `produce_errors_total`. */
export const SEND_FAILURE_REASONS = ['timeout', 'connection', 'broker', 'too_large'] as const

export type SendFailureReason = (typeof SEND_FAILURE_REASONS)[number]

/** Why records never reached a topic, other than by its overflow policy. */
export const LOSS_REASONS = ['queue_full', 'too_large', 'refused', 'shutdown'] as const
