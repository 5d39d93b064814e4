/** A record of a fetched batch, in the shape of a kafkajs message. */
export interface FetchedRecord {
  /** Decimal digits. */
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Epoch ms as set by its writer; `NaN` if the broker replaced it (LogAppendTime). */
  readonly timestamp: string
  /** Undefined if the record has none. The last one wins if a name repeats. */
  readonly headers: Readonly<Record<string, Buffer>> | undefined
}

/**
 * Offsets without a record to process: control records, aborted transactions, compacted records, or
 * unreadable ones. Part of the list of records, so that the consumer's position advances past it.
 */
export class OffsetRange {
  readonly firstOffset: string
  /** Last offset, under the name that kafkajs expects. */
  readonly offset: string
  /** Why the records of the range cannot be read; null if there are none. */
  readonly problem: string | null

  constructor(first: number, last: number, problem: string | null) {
    this.firstOffset = String(first)
    this.offset = String(last)
    this.problem = problem
  }

  get count(): number {
    return Number(this.offset) - Number(this.firstOffset) + 1
  }
}

export type Fetched = FetchedRecord | OffsetRange

/** A batch cannot be read; the message states why. Caught by the reader of the record set. */
export class UnreadableBatchError extends Error {
  override readonly name = 'UnreadableBatchError'
}
