import { isSoundTimestamp } from '../model/timestamp.ts'
import type { TopicRecord } from '../model/topic.ts'
import type { HomePartition } from './home-partition.ts'

/** Longer than any producer takes to learn of new partitions: what is written where since is meant so. */
const SETTLED_AFTER_MS = 45_000

export interface PartitionReadingsOptions {
  /** Older records show that the reading of their partition is behind. */
  maxRecordAgeMs: number
}

/** The partitions that this member owns, how far each is read, and how many there are. */
export class PartitionReadings {
  readonly #maxRecordAgeMs: number
  readonly #owned = new Set<number>()
  /**
   * Those of them that are not read at their end: what was written before they were gained is still
   * being read (`replay`), or the reading fell behind what is written (`late`).
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

  /** Whether other members have partitions of the topic too, as far as is known. */
  get isShared(): boolean {
    return this.#count !== null && this.#owned.size < this.#count
  }

  /** True where the topic had another number of partitions before. */
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
   * Whether nothing came that shows that a book is meant to be in its partition: no current record since
   * every writer knows the partition count, and none that is still to be read.
   */
  isLeft({ partition, currentMonotonicMs }: HomePartition): boolean {
    return !this.#behind.has(partition) && currentMonotonicMs <= this.#settledMonotonicMs
  }

  /** The partition is read to its end; false where it was before. */
  catchUp(partition: number): boolean {
    return this.#behind.delete(partition)
  }

  /**
   * Called with each record after it was applied. True where it shows that nothing older waits. Once a
   * record was late, nothing of the partition is current before its end: younger records of a backlog may
   * still be followed by newer ones of the same book. A record without a sound timestamp shows nothing.
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
