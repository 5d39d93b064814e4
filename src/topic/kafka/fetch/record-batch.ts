import { crc32c } from '@node-rs/crc32'
import { ByteReader } from './byte-reader.ts'
import { decompress } from './decompress.ts'
import { type FetchedRecord, UnreadableBatchError } from './fetched.ts'

/** Layout of a batch of magic 2: Kafka's protocol guide, "Record Batch". */
const LENGTH_AT = 8
export const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const BASE_TIMESTAMP_AT = 27
const PRODUCER_ID_AT = 43
const COUNT_AT = 57
const RECORDS_AT = 61
/** What stands before the bytes that the length counts. */
const PREFIX_BYTES = 12

const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** A batch of more records is not read: every one of them costs memory, however small it is. */
const MAX_BATCH_RECORDS = 250_000
/** Headers of a record beyond these are ignored: a writer of ours sets at most ten. */
const MAX_HEADERS = 64
const COMMIT_MARKER = 1

/** The head of a batch. */
export interface BatchHead {
  readonly baseOffset: number
  readonly lastOffset: number
  /** Of the whole batch with its head. */
  readonly bytes: number
}

/** A batch whose bytes are those that were written. */
export interface RecordBatch {
  readonly producerId: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly bytes: Buffer
}

/** The head of the batch at the beginning of `bytes`; null where not even that is complete. */
export function readBatchHead(bytes: Buffer): BatchHead | null {
  if (bytes.length < RECORDS_AT) return null
  const baseOffset = Number(bytes.readBigInt64BE(0))
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(LAST_OFFSET_DELTA_AT),
    bytes: PREFIX_BYTES + bytes.readInt32BE(LENGTH_AT),
  }
}

/** Whether the bytes of a batch are all there, and are those that were written. */
export function hasWholeBytes(bytes: Buffer): boolean {
  return (
    bytes.length >= RECORDS_AT &&
    bytes.readUInt32BE(CRC_AT) === crc32c(bytes.subarray(ATTRIBUTES_AT))
  )
}

/** @param bytes those of one batch, of which `hasWholeBytes` is true */
export function openBatch(bytes: Buffer): RecordBatch {
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT)
  return {
    producerId: Number(bytes.readBigInt64BE(PRODUCER_ID_AT)),
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    bytes,
  }
}

/** Whether a control batch ends its transaction by an abort. */
export function isAbort(batch: RecordBatch): boolean {
  const reader = new ByteReader(batch.bytes.subarray(RECORDS_AT))
  beginRecord(reader)
  reader.varint()
  reader.varint()
  const key = reader.varintBytes()
  // Two bytes of a version, two of the kind.
  return key !== null && key.length >= 4 && key.readInt16BE(2) !== COMMIT_MARKER
}

/** The records of a batch. @throws UnreadableBatchError, then nothing of it is to be used */
export function readRecords({ bytes }: RecordBatch): FetchedRecord[] {
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT)
  const baseOffset = Number(bytes.readBigInt64BE(0))
  const lastDelta = bytes.readInt32BE(LAST_OFFSET_DELTA_AT)
  const baseTimestampMs = Number(bytes.readBigInt64BE(BASE_TIMESTAMP_AT))
  const hasBrokerTime = (attributes & LOG_APPEND_TIME) !== 0
  const count = bytes.readInt32BE(COUNT_AT)
  if (count < 0 || count > MAX_BATCH_RECORDS) {
    throw new UnreadableBatchError(`${count} records in one batch`)
  }
  const reader = new ByteReader(decompress(attributes & CODEC_MASK, bytes.subarray(RECORDS_AT)))
  const records: FetchedRecord[] = []
  for (let index = 0; index < count; index += 1) {
    const end = beginRecord(reader)
    const timestampMs = baseTimestampMs + reader.varint()
    const delta = reader.varint()
    if (delta < 0 || delta > lastDelta) throw new UnreadableBatchError('an offset out of range')
    records.push({
      offset: String(baseOffset + delta),
      key: reader.varintBytes(),
      value: reader.varintBytes(),
      timestamp: hasBrokerTime ? 'NaN' : String(timestampMs),
      headers: readHeaders(reader),
    })
    if (reader.position > end) throw new UnreadableBatchError('a record ends too early')
    reader.position = end
  }
  return records
}

/** Passes the length of a record and its attributes, which nobody uses; gives where it ends. */
function beginRecord(reader: ByteReader): number {
  const length = reader.varint()
  const end = reader.position + length
  if (length < 0 || end > reader.bytes.length) {
    throw new UnreadableBatchError('a record ends too early')
  }
  reader.int8()
  return end
}

function readHeaders(reader: ByteReader): FetchedRecord['headers'] {
  const count = reader.varint()
  if (count < 0) throw new UnreadableBatchError('a record with a negative number of headers')
  if (count === 0) return undefined
  // Without a prototype: names are those of strangers.
  const headers = Object.create(null) as Record<string, Buffer>
  for (let index = 0; index < Math.min(count, MAX_HEADERS); index += 1) {
    const name = reader.varintBytes()
    if (name === null) throw new UnreadableBatchError('a header without a name')
    headers[name.toString('utf8')] = reader.varintBytes() ?? Buffer.alloc(0)
  }
  return headers
}
