import type { SequencePoint } from '../book/sequence.ts'
import type { BookFrame } from '../model/frames.ts'
import type { TopicRecord } from '../model/topic.ts'
import type { Instant } from '../time/clock.ts'

/**
 * What a record means for the partition of its book:
 * - `home`: it is in it;
 * - `moves`: it is newer than the book, which is in its partition from now on;
 * - `replaces`: the same, after nothing came of the partition before: what that said does not count;
 * - `older`: the book has newer records, in its own partition.
 */
export type Whereabouts = 'home' | 'moves' | 'replaces' | 'older'

export interface HomePartitionOptions {
  /** Where the hash puts the instrument, or its first record is. */
  partition: number
  /** A partition without a record of the book for so long is its home no more. */
  staleAfterMs: number
  maxRecordAgeMs: number
}

/**
 * The partition that a book is in: the one that its records are in, whatever the hash says. Other
 * writers may spread the records of an instrument over several, and those of before stay where they
 * were when partitions are added. Only within a partition there is an order, so that of the exchange
 * decides: the newest frame is where the book is.
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

  /** Newest record timestamp, epoch ms. */
  get lastTimestampMs(): number {
    return this.#lastTimestampMs
  }

  /** When the newest record came that was no backlog; monotonic ms. */
  get currentMonotonicMs(): number {
    return this.#currentMonotonicMs
  }

  /** Whether a record ever came. */
  get isSeen(): boolean {
    return this.#lastTimestampMs > Number.NEGATIVE_INFINITY
  }

  /** Milliseconds since the last record that counted, or since the instrument became known. */
  unseenForMs(now: Instant): number {
    return now.monotonicMs - this.#seenMonotonicMs
  }

  /** The hash puts an instrument without a record elsewhere. */
  place(partition: number): void {
    if (!this.isSeen) this.#partition = partition
  }

  /**
   * @param timestampMs of the record, never of the future
   * @param last place of the last accepted frame; null before the first
   */
  locate(
    partition: number,
    timestampMs: number,
    frame: Pick<BookFrame, 'kind' | 'changeId' | 'exchangeTimeMs'>,
    last: SequencePoint | null,
  ): Whereabouts {
    if (partition === this.#partition) return 'home'
    if (last === null || isNewer(frame, last)) return 'moves'
    const isSame = frame.exchangeTimeMs === last.exchangeTimeMs && frame.changeId === last.changeId
    // A checkpoint of the frame that we have: where it was written last, its instrument is.
    if (isSame && timestampMs > this.#lastTimestampMs) return 'moves'
    const isSilent = timestampMs - this.#lastTimestampMs > this.#options.staleAfterMs
    return isSilent && frame.kind !== 'change' ? 'replaces' : 'older'
  }

  /** Takes note of a record that counts. True where it moved a book that had records elsewhere. */
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
