import type { TopicView } from './pipeline.ts'

/** Header values are text; the topic edge turns them into bytes and back. */
export type RecordHeaders = Readonly<Record<string, string>>

/** A record on its way into a topic. */
export interface OutgoingRecord {
  readonly topic: string
  /** Instrument name; decides the partition (Kafka's default partitioner) and so the order. */
  readonly key: string
  /** Channel of the frame: what conflation and sequence cuts are decided on. */
  readonly channel: string
  readonly value: Buffer
  /** Time of receipt, epoch ms (CreateTime); of a checkpoint: time of sending. */
  readonly timestampMs: number
  /** `frame`: as the exchange sent it; `checkpoint`: made by us. */
  readonly kind: 'frame' | 'checkpoint'
  /** True where a reader needs no record before it: a snapshot, a snapshot; false for a change. */
  readonly isWhole: boolean
  readonly headers?: RecordHeaders
  /** Monotonic ms of the receipt, for `receive_to_send`. */
  readonly receivedMonotonicMs: number
  /** Of the few that tracing follows. */
  readonly sampled?: SampledRecord
}

/** A record as a consumer sees it. Nothing in it is trusted. */
export interface TopicRecord {
  readonly topic: string
  readonly partition: number
  /** Decimal, as Kafka writes it. */
  readonly offset: string
  /** null where the record has no key. */
  readonly key: string | null
  /** null for a tombstone. */
  readonly value: Buffer | null
  readonly timestampMs: number
  /** undefined where the record has none: the ordinary case. */
  readonly headers: RecordHeaders | undefined
  /** When this process had the record in hand: wall clock, epoch ms, and monotonic. */
  readonly arrivedTimeMs: number
  readonly arrivedMonotonicMs: number
  /** Monotonic ms of the receipt by the producer, where the topic is inside the process. */
  readonly receivedMonotonicMs?: number
  /** Written before this member gained the partition: moves state, is not counted as an update. */
  readonly isReplayed: boolean
  /** Nothing newer was in the partition when this one was fetched. */
  readonly isAtEnd: boolean
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Offsets of a partition whose records cannot be read, both ends included. */
export interface UnreadableRange extends TopicPartition {
  /** Decimal, as Kafka writes them. */
  readonly firstOffset: string
  readonly lastOffset: string
  /** Why, in words. */
  readonly problem: string
}

/** What the topic edge last saw; read by readiness checks and `/api/v1/pipeline`. */
export interface ProducerHealth {
  /** True once topics exist and the transport is open. */
  readonly isConnected: boolean
  /** True when the last send was acknowledged, or nothing waits. */
  readonly isDelivering: boolean
  /** Why not, in words; null when all is well. */
  readonly problem: string | null
}

export interface ConsumerHealth {
  /** True while this member has joined and owns its assignment (which may be empty). */
  readonly isJoined: boolean
  readonly problem: string | null
  /** Why the topics cannot be read, in words; null when they can. */
  readonly topicProblem: string | null
  readonly partitions: readonly TopicPartition[]
}

/** Keys of a topic go to other partitions from now on: those for which `hasMoved` is true. */
export type OnKeysMoved = (topic: string, hasMoved: (key: string) => boolean) => void

/** Writes records. `send` never blocks and never throws: at the bound the policy decides and counts. */
export interface TopicProducer {
  /** Resolves once supervision runs; an unreachable broker is retried, not an error. */
  start(): Promise<void>
  send(record: OutgoingRecord): void
  /**
   * Channels of a topic whose queued records were given up at the bound: until a whole record, nothing
   * of them is taken. Empty while there is no room for one.
   */
  channelsToRestart(topic: string): Iterable<string>
  /** Nothing of this channel comes any more. */
  forgetChannel(topic: string, channel: string): void
  /** Calls back whenever the partition count of a topic has changed; before `start`. */
  whenKeysMove(onKeysMoved: OnKeysMoved): void
  /** Waits until nothing is queued or in flight, or the deadline; gives the number of frames left. */
  flush(timeoutMs: number): Promise<number>
  /** Idempotent. Frames still queued are counted as dropped (`shutdown`). */
  stop(timeoutMs: number): Promise<void>
  health(): ProducerHealth
}

/** Called by the topic edge; an exception out of it is caught, counted and never reaches the client library. */
export interface RecordHandler {
  /**
   * The topic of the books has so many partitions: before the first assignment, and whenever partitions
   * were added.
   */
  onPartitionCount(topic: string, count: number): void
  /**
   * Partitions that this member gained, before their first record; told again where a partition that
   * it has is reread.
   */
  onAssigned(partitions: readonly TopicPartition[]): void
  /** Partitions that this member lost, after their last record. */
  onRevoked(partitions: readonly TopicPartition[]): void
  /** Records in partition order, one at a time. */
  onRecord(record: TopicRecord): void
  /**
   * The end of a partition was reached without a record that says so (`isAtEnd`): its last offsets have
   * none to hand over, such as the markers of transactions.
   */
  onCaughtUp(partition: TopicPartition): void
  /** Records that were passed over, in their place in the partition. Counted and logged before. */
  onUnreadable(range: UnreadableRange): void
}

export interface TopicConsumer {
  /**
   * Partition that a record with this key goes to; undefined while the topic's partition count is
   * not known yet.
   */
  partitionOf(topic: string, key: string): number | undefined
  start(handler: RecordHandler): Promise<void>
  /** Commits, leaves the group, closes; idempotent. */
  stop(timeoutMs: number): Promise<void>
  health(): ConsumerHealth
  /** The topics that are to be read, and why one is not. */
  topics(): readonly TopicView[]
}

/** A sampled update. Its id is that of an exemplar: 32 lower-case hexadecimal digits. */
export interface SampledUpdate {
  readonly traceId: string
}

/** A sampled record on its way through the producer. */
export interface SampledRecord extends SampledUpdate {
  /** Value of the header `traceparent` (W3C trace context). */
  readonly traceparent: string
  /** Ends the span `send`. */
  acknowledge(send: SendTimes): void
  /** Ends it too: the producer gave the record up, or did not take it. */
  drop(reason: string): void
}

export interface SendTimes {
  readonly partition: number
  /** Records of the batch, followed or not. */
  readonly batchRecords: number
  /** The followed ones of the batch, this one among them. */
  readonly sampled: readonly SampledRecord[]
  readonly sentMonotonicMs: number
  readonly acknowledgedMonotonicMs: number
}
