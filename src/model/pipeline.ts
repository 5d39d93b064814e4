import type { FeedHealth, OffsetEstimate } from './feed.ts'

/** Why a record of the topic is skipped: it was read, but is invalid. */
export const INVALID_RECORD_REASONS = [
  'json',
  'schema',
  'unknown_channel',
  'key_mismatch',
  'timestamp',
] as const
export type InvalidRecordReason = (typeof INVALID_RECORD_REASONS)[number]

/** A record of a topic that is invalid or could not be read. */
export interface RejectedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly reason: string
  /** At most 200 bytes of the value; null for a tombstone. */
  readonly excerpt: string | null
  /** When it was skipped, epoch ms. */
  readonly skippedTimeMs: number
}

/** Delivery balance of one topic: received = produced + dropped + queued + inFlight. */
export interface TopicDelivery {
  readonly topic: string
  readonly received: number
  readonly produced: number
  readonly dropped: Readonly<Record<string, number>>
  readonly queued: number
  readonly inFlight: number
  /** Why frames of this topic are not delivered; null when there is no problem. */
  readonly problem: string | null
}

export interface PartitionView {
  readonly topic: string
  readonly partition: number
  /**
   * null if unknown: the end offset was not read within 5 s, or the start offset is not looked up
   * yet.
   */
  readonly lagRecords: number | null
  /** Age of the oldest waiting record; null as `lagRecords`, unless records are known to wait. */
  readonly lagSeconds: number | null
}

/** A topic that this process should read. */
export interface TopicView {
  readonly topic: string
  readonly isRead: boolean
  /** Why the topic, or a part of it, is not read; null when there is no problem. */
  readonly problem: string | null
}

/** Duration of one stage over the updates of the last minute. */
export interface StageView {
  readonly stage: string
  readonly count: number
  /** null without updates. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** Mean, which adds up over the hops of an update. */
  readonly meanMs: number | null
}

/** State of the pipeline of this process. Parts that its role does not have are null. */
export interface PipelineView {
  readonly role: Role
  readonly feed: (FeedHealth & { readonly lastFrameTimeMs: number | null }) | null
  readonly clockOffset: OffsetEstimate | null
  readonly stages: readonly StageView[]
  readonly delivery: readonly TopicDelivery[] | null
  readonly topics: readonly TopicView[] | null
  readonly partitions: readonly PartitionView[] | null
  /** Newest first, at most ten. */
  readonly rejectedRecords: readonly RejectedRecord[] | null
}

export interface PipelineReader {
  /** Waits briefly for late measurements. Never rejects. */
  refresh(): Promise<void>
  read(): PipelineView
}

/** Result of one readiness check. */
export interface CheckResult {
  readonly isPassing: boolean
  /** Why the check fails, or what is wrong although it passes; null when there is no problem. */
  readonly detail: string | null
}

export interface HealthCheck {
  readonly name: 'feed' | 'topic' | 'consumer' | 'books'
  check(): CheckResult
}

export const ROLES = ['all', 'producer', 'consumer'] as const

export type Role = (typeof ROLES)[number]

/** Stages of the latency that the producer measures, in the order of an update. */
export const PRODUCER_STAGES = ['exchange_to_receive', 'receive_to_send', 'send_to_ack'] as const

/** Stages that the consumer measures. */
export const CONSUMER_STAGES = [
  'receive_to_consume',
  'consume_to_publish',
  'receive_to_publish',
  'total',
] as const
