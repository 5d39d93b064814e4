/** A record of a fetched batch, in the shape in which kafkajs hands messages on. */
export interface FetchedRecord {
  /** Decimal. */
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Epoch ms as its writer set it; `NaN` where the broker has put its own time in its place. */
  readonly timestamp: string
  /** Undefined where the record has none. Of several with one name the last. */
  readonly headers: Readonly<Record<string, Buffer>> | undefined
}

/**
 * Offsets without a record to hand over: control records, records of aborted transactions, what
 * compaction has removed, or what cannot be read. Travels among the records, so that the position of
 * the reader passes it.
 */
export class OffsetRange {
  readonly firstOffset: string
  /** The last one; under the name that kafkajs knows. */
  readonly offset: string
  /** Why records of the range cannot be read, in words; null where there are none to read. */
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

/** A batch cannot be read; the message says why. Never leaves the reading of its record set. */
export class UnreadableBatchError extends Error {
  override readonly name = 'UnreadableBatchError'
}
