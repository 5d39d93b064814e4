import type { FeedHealth, OffsetEstimate } from './feed.ts'

/** A record of a topic that could not be read. */
export interface RejectedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly reason: string
  /** At most 200 bytes of its value; null for a tombstone. */
  readonly excerpt: string | null
  /** When it was skipped, epoch ms. */
  readonly skippedTimeMs: number
}

/** Where the frames of one topic are: received = produced + dropped + queued + inFlight. */
export interface TopicDelivery {
  readonly topic: string
  readonly received: number
  readonly produced: number
  readonly dropped: Readonly<Record<string, number>>
  readonly queued: number
  readonly inFlight: number
}

export interface PartitionView {
  readonly topic: string
  readonly partition: number
  /** null where it is not known: the end was not read within 5 s, or the start is not found yet. */
  readonly lagRecords: number | null
  /** null there too, but while records are known to wait. */
  readonly lagSeconds: number | null
}

/** A topic that this process is to read. */
export interface TopicView {
  readonly topic: string
  readonly isRead: boolean
  /** Why it, or a part of it, is not read, in words; null when all is well. */
  readonly problem: string | null
}

/** How long updates took through one stage in the last minute. */
export interface StageView {
  readonly stage: string
  readonly count: number
  /** null without an update. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

/** One look at the whole pipeline of this process. What its role does not have is null. */
export interface PipelineView {
  readonly role: Role
  readonly feed: (FeedHealth & { readonly lastFrameTimeMs: number | null }) | null
  readonly clockOffset: OffsetEstimate | null
  readonly stages: readonly StageView[]
  readonly delivery: readonly TopicDelivery[] | null
  readonly topics: readonly TopicView[] | null
  readonly partitions: readonly PartitionView[] | null
  /** The newest first, at most ten. */
  readonly rejectedRecords: readonly RejectedRecord[] | null
}

export interface PipelineReader {
  /** Waits, briefly, for measurements that are late. Never rejects. */
  refresh(): Promise<void>
  read(): PipelineView
}

/** One readiness check. `detail` says why it fails, in words; null when it passes. */
export interface CheckResult {
  readonly isPassing: boolean
  readonly detail: string | null
}

export interface HealthCheck {
  readonly name: 'feed' | 'topic' | 'consumer' | 'books'
  check(): CheckResult
}

export type Role = 'all' | 'producer' | 'consumer'
