import { type Fetched, type FetchedRecord, OffsetRange, UnreadableBatchError } from './fetched.ts'
import { messageBytes, readMessage } from './message-set.ts'
import {
  hasWholeBytes,
  isAbort,
  MAGIC_AT,
  openBatch,
  readBatchHead,
  readRecords,
} from './record-batch.ts'

/** A record in memory costs about so much more than its bytes. */
const RECORD_BYTES = 256

/** What one reply to a fetch may still unpack to, in all; the rest is fetched again. */
export interface Budget {
  bytes: number
}

/** What the reply to a fetch says of one partition. */
export interface RecordSet {
  readonly bytes: Buffer
  readonly fetchOffset: number
  /** No record is at this offset or beyond. */
  readonly highWatermark: number
  /** Aborted transactions with records in the set. */
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[]
}

/**
 * The records of a set in the order of their offsets, and beside them every range of offsets that has
 * none to hand over: from the fetched offset on, all offsets are there. Never throws: a batch that
 * cannot be read is a range with its problem, and the batches around it are read.
 */
export function readRecordSet(set: RecordSet, budget: Budget): Fetched[] {
  return new RecordSetReader(set, budget).read()
}

/** Where a batch or a message lies in the set, and which offsets it has. */
interface Place {
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly lastOffset: number
}

class RecordSetReader {
  readonly #set: RecordSet
  readonly #budget: Budget
  readonly #fetched: Fetched[] = []
  readonly #abortedProducers = new Set<number>()
  /** By their first offsets. */
  readonly #aborted: RecordSet['aborted'][number][]
  /** Up to here everything is in `#fetched`. */
  #next: number

  constructor(set: RecordSet, budget: Budget) {
    this.#set = set
    this.#budget = budget
    this.#next = set.fetchOffset
    this.#aborted = set.aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  read(): Fetched[] {
    let rest = this.#set.bytes
    // The end of a set may be cut off anywhere: it is fetched again.
    while (rest.length > MAGIC_AT) {
      const length = this.#readFirst(rest)
      if (length === null) break
      rest = rest.subarray(length)
      // Of each partition at least one batch, so that every fetch comes further.
      if (this.#budget.bytes <= 0) break
    }
    return this.#fetched
  }

  /** Reads the first batch of `rest`; gives its length, and null where nothing behind it is readable. */
  #readFirst(rest: Buffer): number | null {
    const magic = rest.readInt8(MAGIC_AT)
    if (magic < 2) return this.#readMessage(rest)
    const head = readBatchHead(rest)
    if (head === null) return null
    const place = { ...head, bytes: rest.subarray(0, head.bytes) }
    if (head.bytes <= MAGIC_AT) return this.#giveUp(place, 'the length of the batch is wrong')
    if (head.bytes > rest.length) return null
    if (magic > 2) this.#passDamaged(rest, place, `unknown format ${magic}`)
    else if (!hasWholeBytes(place.bytes)) {
      this.#passDamaged(rest, place, 'its checksum does not match')
    } else if (!this.#isInOrder(place)) {
      this.#passDamaged(rest, place, 'its offsets are not those that follow')
    } else this.#readBatch(place)
    return head.bytes
  }

  #readMessage(rest: Buffer): number | null {
    const offset = Number(rest.readBigInt64BE(0))
    const length = messageBytes(rest)
    const place = { baseOffset: offset, lastOffset: offset, bytes: rest.subarray(0, length) }
    if (length <= MAGIC_AT) return this.#giveUp(place, 'the length of the message is wrong')
    if (length > rest.length) return null
    // A set of messages packed into one has the offset of its last.
    this.#attempt({ ...place, baseOffset: Math.min(this.#next, offset) }, () => [
      readMessage(place.bytes),
    ])
    return length
  }

  #readBatch(place: Place): void {
    this.#attempt(place, () => {
      const batch = openBatch(place.bytes)
      this.#beginAborted(place.lastOffset)
      if (batch.isControl) {
        if (isAbort(batch)) this.#abortedProducers.delete(batch.producerId)
        return []
      }
      const isAborted = batch.isTransactional && this.#abortedProducers.has(batch.producerId)
      return isAborted ? [] : readRecords(batch)
    })
  }

  #beginAborted(lastOffset: number): void {
    for (;;) {
      const [first] = this.#aborted
      if (first === undefined || first.firstOffset > lastOffset) return
      this.#abortedProducers.add(first.producerId)
      this.#aborted.shift()
    }
  }

  /** Adds what `read` gives, or, where that fails, the offsets with the problem. */
  #attempt(place: Place, read: () => readonly FetchedRecord[]): void {
    let records: readonly FetchedRecord[]
    try {
      records = read()
    } catch (error) {
      if (!(error instanceof UnreadableBatchError)) throw error
      this.#pass(place, error.message)
      return
    }
    for (const record of records) this.#add(record)
    this.#pass(place, null)
  }

  #add(record: FetchedRecord): void {
    const offset = Number(record.offset)
    // A batch is fetched whole, also where it begins before what was asked for.
    if (offset < this.#next) return
    this.#coverUpTo(offset - 1, null)
    this.#fetched.push(record)
    this.#next = offset + 1
    this.#budget.bytes -= RECORD_BYTES + (record.value?.length ?? 0) + (record.key?.length ?? 0)
  }

  /** Nothing more comes of a batch: what is left of its offsets has no record. */
  #pass({ baseOffset, lastOffset }: Place, problem: string | null): void {
    // Between batches compaction has removed some whole.
    if (problem !== null) this.#coverUpTo(Math.min(baseOffset, this.#set.highWatermark) - 1, null)
    this.#coverUpTo(Math.min(lastOffset, this.#set.highWatermark - 1), problem)
  }

  /** Nothing that a damaged batch says of its offsets is to be relied on: the batch behind it knows. */
  #passDamaged(rest: Buffer, { bytes }: Place, problem: string): void {
    const following = rest.subarray(bytes.length)
    const base = following.length < 8 ? 0 : Number(following.readBigInt64BE(0))
    const isKnown = base > this.#next && base < this.#set.highWatermark
    const lastOffset = isKnown ? base - 1 : this.#next
    this.#pass({ bytes, baseOffset: this.#next, lastOffset }, problem)
  }

  /** Where one batch ends and the next begins is not known: the broker is asked for the next offset. */
  #giveUp(place: Place, problem: string): null {
    this.#pass({ ...place, baseOffset: this.#next, lastOffset: this.#next }, problem)
    return null
  }

  #coverUpTo(lastOffset: number, problem: string | null): void {
    if (lastOffset < this.#next) return
    this.#fetched.push(new OffsetRange(this.#next, lastOffset, problem))
    this.#next = lastOffset + 1
  }

  #isInOrder({ baseOffset, lastOffset }: Place): boolean {
    return (
      Number.isSafeInteger(baseOffset) &&
      baseOffset >= 0 &&
      lastOffset >= Math.max(baseOffset, this.#next) &&
      lastOffset < this.#set.highWatermark
    )
  }
}
