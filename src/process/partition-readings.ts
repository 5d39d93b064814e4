import { isSoundTimestamp, type TopicRecord } from '../model/topic.ts'
import type { HomePartition } from './books/home-partition.ts'

/**
 * Longer than any producer needs to detect new partitions: records written after this are in their
 * intended partition.
 */
const SETTLED_AFTER_MS = 45_000

export interface PartitionReadingsOptions {
  /** Records older than this show that the reading of their partition is behind. */
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

  /** Sets the partition count; true if it was another one before. */
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
   * Whether nothing shows that a book belongs in its partition: no current record since every
   * writer knows the partition count, and no unread record.
   */
  isLeft({ partition, currentMonotonicMs }: HomePartition): boolean {
    return !this.#behind.has(partition) && currentMonotonicMs <= this.#settledMonotonicMs
  }

  /** Notes that the partition is read to its end; false if it was before. */
  catchUp(partition: number): boolean {
    return this.#behind.delete(partition)
  }

  /**
   * Call after each record was applied. True if it shows that no older record waits. Once a record
   * was late, nothing in the partition is current until its end is reached: younger records of a
   * backlog may be followed by newer ones of the same book. A record without a valid timestamp is
   * not evidence.
   */
  follow({ partition, arrivedTimeMs, timestampMs, isAtEnd, isReplayed }: TopicRecord): boolean {
    if (isAtEnd) return true
    if (!isSoundTimestamp(timestampMs, arrivedTimeMs)) return false
    if (arrivedTimeMs - timestampMs > this.#maxRecordAgeMs) {
      this.#behind.set(partition, 'late')
      return false
    }
    return !isReplayed && this.#behind.get(partition) === 'replay'
  }
}
