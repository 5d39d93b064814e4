import { isPlausibleTimestamp, type TopicRecord } from '../model/topic.ts'
import type { HomePartition } from './books/home-partition.ts'

/**
 * Time in which every producer detects new partitions: records written later are in the partition
 * of their hash.
 */
const SETTLED_AFTER_MS = 45_000

export interface PartitionReadingsOptions {
  /** An older record shows that reading of its partition is behind. */
  maxRecordAgeMs: number
}

/** Tracks the assigned partitions, the read progress of each, and the partition count. */
export class PartitionReadings {
  readonly #maxRecordAgeMs: number
  readonly #owned = new Set<number>()
  /**
   * Partitions that are not read to their end: records from before the assignment are still being
   * read (`replay`), or reading fell behind (`late`).
   */
  readonly #behind = new Map<number, 'replay' | 'late'>()
  #count: number | null = null
  #settledMonotonicMs = Number.POSITIVE_INFINITY

  constructor({ maxRecordAgeMs }: PartitionReadingsOptions) {
    this.#maxRecordAgeMs = maxRecordAgeMs
  }

  get owned(): ReadonlySet<number> {
    return this.#owned
  }

  /** Whether other members have partitions of the topic, as far as known. */
  get isShared(): boolean {
    return this.#count !== null && this.#owned.size < this.#count
  }

  /** Sets the partition count; true if another count was known before. */
  setCount(count: number, monotonicMs: number): boolean {
    if (count === this.#count) return false
    const isChange = this.#count !== null
    this.#count = count
    this.#settledMonotonicMs = monotonicMs + SETTLED_AFTER_MS
    return isChange
  }

  gain(partition: number): void {
    this.#owned.add(partition)
    this.#behind.set(partition, 'replay')
  }

  lose(partition: number): void {
    this.#owned.delete(partition)
    this.#behind.delete(partition)
  }

  isBehind(partition: number): boolean {
    return this.#behind.has(partition)
  }

  /**
   * Whether the records of a book may have ended in its partition: the partition is read to its
   * end, and no current record arrived since every writer knows the partition count.
   */
  isLeft({ partition, currentMonotonicMs }: HomePartition): boolean {
    return !this.#behind.has(partition) && currentMonotonicMs <= this.#settledMonotonicMs
  }

  /** Notes that the partition is read to its end; false if that was already known. */
  catchUp(partition: number): boolean {
    return this.#behind.delete(partition)
  }

  /**
   * Call after each record was applied. True if it shows that the partition is read to its end, or
   * that the replay is over. After a late record only the end of the partition counts: a young
   * record of a backlog may be followed by newer ones of the same book. A record without a valid
   * timestamp shows nothing.
   */
  follow({ partition, arrivedTimeMs, timestampMs, isAtEnd, isReplayed }: TopicRecord): boolean {
    if (isAtEnd) return true
    if (!isPlausibleTimestamp(timestampMs, arrivedTimeMs)) return false
    if (arrivedTimeMs - timestampMs > this.#maxRecordAgeMs) {
      this.#behind.set(partition, 'late')
      return false
    }
    return !isReplayed && this.#behind.get(partition) === 'replay'
  }
}
