import type { SequencePoint } from '../../book/sequence.ts'
import type { BookFrame } from '../../model/frames.ts'
import type { TopicRecord } from '../../model/topic.ts'
import type { Instant } from '../../time/clock.ts'

/**
 * How a record relates to the partition of its book:
 * - `home`: same partition;
 * - `moves`: newer than the book, whose partition changes to that of the record;
 * - `replaces`: not newer, but the old partition became silent: the sequence starts over;
 * - `older`: the book has newer records, in its own partition.
 */
export type Placement = 'home' | 'moves' | 'replaces' | 'older'

export interface HomePartitionOptions {
  /** Partition by hash, or that of the first record. */
  partition: number
  /** A partition without a record of the book for this long is no longer its home. */
  staleAfterMs: number
  maxRecordAgeMs: number
}

/**
 * Tracks the partition that a book is in: the one with its records, whatever the hash says. Other
 * writers may spread the records of an instrument over several partitions, and old records stay in
 * place when partitions are added. Order exists only within a partition, so the exchange's order
 * decides: the partition with the newest frame is the home.
 */
export class HomePartition {
  readonly #options: HomePartitionOptions
  #partition: number
  #lastTimestampMs = Number.NEGATIVE_INFINITY
  #currentMonotonicMs = Number.NEGATIVE_INFINITY
  #seenMonotonicMs: number

  constructor(options: HomePartitionOptions, now: Instant) {
    this.#options = options
    this.#partition = options.partition
    this.#seenMonotonicMs = now.monotonicMs
  }

  get partition(): number {
    return this.#partition
  }

  /** Newest record timestamp, epoch ms; -Infinity before the first record. */
  get lastTimestampMs(): number {
    return this.#lastTimestampMs
  }

  /** Arrival of the newest record that was no backlog, monotonic ms; -Infinity before any. */
  get currentMonotonicMs(): number {
    return this.#currentMonotonicMs
  }

  /** Whether any record arrived. */
  get isSeen(): boolean {
    return this.#lastTimestampMs > Number.NEGATIVE_INFINITY
  }

  /** Milliseconds since the last accepted record, or since the instrument became known. */
  unseenForMs(now: Instant): number {
    return now.monotonicMs - this.#seenMonotonicMs
  }

  /** Sets the hash partition of an instrument without records. */
  place(partition: number): void {
    if (!this.isSeen) this.#partition = partition
  }

  /**
   * Compares a record with the book.
   * @param timestampMs of the record, epoch ms, not in the future
   * @param last position of the last accepted frame in the sequence; null before the first
   */
  locate(
    partition: number,
    timestampMs: number,
    frame: Pick<BookFrame, 'kind' | 'changeId' | 'exchangeTimeMs'>,
    last: SequencePoint | null,
  ): Placement {
    if (partition === this.#partition) return 'home'
    if (last === null || isNewer(frame, last)) return 'moves'
    const isSame = frame.exchangeTimeMs === last.exchangeTimeMs && frame.changeId === last.changeId
    // A checkpoint of the current frame: the instrument is in the partition of the last write.
    if (isSame && timestampMs > this.#lastTimestampMs) return 'moves'
    const isSilent = timestampMs - this.#lastTimestampMs > this.#options.staleAfterMs
    return isSilent && frame.kind !== 'change' ? 'replaces' : 'older'
  }

  /** Notes an accepted record. True if it moved a book that had records in another partition. */
  follow(record: TopicRecord, timestampMs: number, now: Instant): boolean {
    this.#seenMonotonicMs = now.monotonicMs
    const hasMoved = this.isSeen && record.partition !== this.#partition
    this.#partition = record.partition
    this.#lastTimestampMs = Math.max(this.#lastTimestampMs, timestampMs)
    if (record.arrivedTimeMs - record.timestampMs <= this.#options.maxRecordAgeMs) {
      this.#currentMonotonicMs = record.arrivedMonotonicMs
    }
    return hasMoved
  }
}

function isNewer(frame: SequencePoint, last: SequencePoint): boolean {
  return frame.exchangeTimeMs === last.exchangeTimeMs
    ? frame.changeId > last.changeId
    : frame.exchangeTimeMs > last.exchangeTimeMs
}
