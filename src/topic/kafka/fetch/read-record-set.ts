import { type Fetched, type FetchedRecord, OffsetRange, UnreadableBatchError } from './fetched.ts'
import {
  hasWholeBytes,
  isAbort,
  MAGIC_AT,
  openBatch,
  readBatchHead,
  readRecords,
} from './record-batch.ts'
import { crc32 } from 'node:zlib'
import { ByteReader } from './byte-reader.ts'

/** Approximate memory overhead of a record. */
const RECORD_BYTES = 256

/** What one fetch response may still decompress to; the rest is fetched again. */
export interface Budget {
  bytes: number
}

/** Record set of one partition in a fetch response. */
export interface RecordSet {
  readonly bytes: Buffer
  readonly fetchOffset: number
  /** All records are below this offset. */
  readonly highWatermark: number
  /** Aborted transactions with records in the set. */
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[]
}

/**
 * Reads the records of a set in offset order, with a range for all offsets that have no record to
 * process: every offset from the fetched one on is covered. Never throws: an unreadable batch
 * becomes a range with its problem, and the batches around it are read.
 */
export function readRecordSet(set: RecordSet, budget: Budget): Fetched[] {
  return new RecordSetReader(set, budget).read()
}

/** Position of a batch or message in the set, and its offsets. */
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
  /** Sorted by first offset. */
  readonly #aborted: RecordSet['aborted'][number][]
  /** All offsets before this are in `#fetched`. */
  #next: number

  constructor(set: RecordSet, budget: Budget) {
    this.#set = set
    this.#budget = budget
    this.#next = set.fetchOffset
    this.#aborted = set.aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  read(): Fetched[] {
    let rest = this.#set.bytes
    // The last batch of a set may be truncated: it is fetched again.
    while (rest.length > MAGIC_AT) {
      const length = this.#readFirst(rest)
      if (length === null) break
      rest = rest.subarray(length)
      // At least one batch per partition, so that every fetch makes progress.
      if (this.#budget.bytes <= 0) break
    }
    return this.#fetched
  }

  /**
   * Reads the first batch of `rest`; returns its length, or null if nothing after it is readable.
   */
  #readFirst(rest: Buffer): number | null {
    const magic = rest.readInt8(MAGIC_AT)
    if (magic < 2) return this.#readMessage(rest)
    const head = readBatchHead(rest)
    if (head === null) return null
    const place = { ...head, bytes: rest.subarray(0, head.bytes) }
    if (head.bytes <= MAGIC_AT) return this.#giveUp(place, 'invalid batch length')
    if (head.bytes > rest.length) return null
    if (magic > 2) this.#skipDamaged(rest, place, `unknown format ${magic}`)
    else if (!hasWholeBytes(place.bytes)) {
      this.#skipDamaged(rest, place, 'checksum mismatch')
    } else if (!this.#isInOrder(place)) {
      this.#skipDamaged(rest, place, 'offsets are out of sequence')
    } else this.#readBatch(place)
    return head.bytes
  }

  #readMessage(rest: Buffer): number | null {
    const offset = Number(rest.readBigInt64BE(0))
    const length = messageBytes(rest)
    const place = { baseOffset: offset, lastOffset: offset, bytes: rest.subarray(0, length) }
    if (length <= MAGIC_AT) return this.#giveUp(place, 'invalid message length')
    if (length > rest.length) return null
    // A compressed message set has the offset of its last message.
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

  /** Adds the records that `read` returns, or a range with the problem if it fails. */
  #attempt(place: Place, read: () => readonly FetchedRecord[]): void {
    let records: readonly FetchedRecord[]
    try {
      records = read()
    } catch (error) {
      if (!(error instanceof UnreadableBatchError)) throw error
      this.#skipRest(place, error.message)
      return
    }
    for (const record of records) this.#add(record)
    this.#skipRest(place, null)
  }

  #add(record: FetchedRecord): void {
    const offset = Number(record.offset)
    // A batch is fetched as a whole, even if it starts before the requested offset.
    if (offset < this.#next) return
    this.#addRange(offset - 1, null)
    this.#fetched.push(record)
    this.#next = offset + 1
    this.#budget.bytes -= RECORD_BYTES + (record.value?.length ?? 0) + (record.key?.length ?? 0)
  }

  /** Adds a range for the remaining offsets of a batch. */
  #skipRest({ baseOffset, lastOffset }: Place, problem: string | null): void {
    // Compaction may have removed whole batches in between.
    if (problem !== null) this.#addRange(Math.min(baseOffset, this.#set.highWatermark) - 1, null)
    this.#addRange(Math.min(lastOffset, this.#set.highWatermark - 1), problem)
  }

  /**
   * Skips a damaged batch. Its offsets cannot be relied on; they end where the next batch starts.
   */
  #skipDamaged(rest: Buffer, { bytes }: Place, problem: string): void {
    const following = rest.subarray(bytes.length)
    const base = following.length < 8 ? 0 : Number(following.readBigInt64BE(0))
    const isKnown = base > this.#next && base < this.#set.highWatermark
    const lastOffset = isKnown ? base - 1 : this.#next
    this.#skipRest({ bytes, baseOffset: this.#next, lastOffset }, problem)
  }

  /**
   * Skips one offset and stops, as the start of the next batch is unknown: the next fetch continues
   * behind it.
   */
  #giveUp(place: Place, problem: string): null {
    this.#skipRest({ ...place, baseOffset: this.#next, lastOffset: this.#next }, problem)
    return null
  }

  #addRange(lastOffset: number, problem: string | null): void {
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

/** Offset and size, which the size does not include. */
const PREFIX_BYTES = 12
const CRC_AT = 12
const ATTRIBUTES_AT = 17
const BODY_AT = 18
const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08

/** Length of the message of magic 0 or 1 at the start of `bytes`, with its prefix. */
function messageBytes(bytes: Buffer): number {
  return PREFIX_BYTES + bytes.readInt32BE(8)
}

/**
 * Reads a message in the format before Kafka 0.11.
 * @throws UnreadableBatchError also for a compressed set of messages
 */
function readMessage(bytes: Buffer): FetchedRecord {
  const reader = new ByteReader(bytes)
  reader.position = BODY_AT
  if (bytes.length < BODY_AT || bytes.readUInt32BE(CRC_AT) !== crc32(bytes.subarray(MAGIC_AT))) {
    throw new UnreadableBatchError('checksum mismatch')
  }
  const attributes = bytes.readInt8(ATTRIBUTES_AT)
  if ((attributes & CODEC_MASK) !== 0) {
    throw new UnreadableBatchError('compressed message in a format older than Kafka 0.11')
  }
  // Magic 0 has no timestamp.
  const timestampMs = bytes.readInt8(MAGIC_AT) === 0 ? Number.NaN : reader.int64()
  const hasBrokerTime = (attributes & LOG_APPEND_TIME) !== 0
  return {
    offset: String(bytes.readBigInt64BE(0)),
    timestamp: String(hasBrokerTime ? Number.NaN : timestampMs),
    key: reader.int32Bytes(),
    value: reader.int32Bytes(),
    headers: undefined,
  }
}
