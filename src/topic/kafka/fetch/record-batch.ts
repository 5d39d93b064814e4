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
/** Bytes before those that the length counts. */
const PREFIX_BYTES = 12

const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** Larger batches are not read, as every record costs memory, however small it is. */
const MAX_BATCH_RECORDS = 250_000
/** Further headers of a record are ignored: our producers set at most ten. */
const MAX_HEADERS = 64
const COMMIT_MARKER = 1

/** Header of a batch. */
export interface BatchHead {
  readonly baseOffset: number
  readonly lastOffset: number
  /** Size of the whole batch, header included. */
  readonly bytes: number
}

/** A batch whose checksum was verified. */
export interface RecordBatch {
  readonly producerId: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly bytes: Buffer
}

/** Reads the header of the batch at the start of `bytes`; null if it is incomplete. */
export function readBatchHead(bytes: Buffer): BatchHead | null {
  if (bytes.length < RECORDS_AT) return null
  const baseOffset = Number(bytes.readBigInt64BE(0))
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(LAST_OFFSET_DELTA_AT),
    bytes: PREFIX_BYTES + bytes.readInt32BE(LENGTH_AT),
  }
}

/** Whether the bytes of a batch are complete and match its checksum. */
export function hasWholeBytes(bytes: Buffer): boolean {
  return (
    bytes.length >= RECORDS_AT &&
    bytes.readUInt32BE(CRC_AT) === crc32c(bytes.subarray(ATTRIBUTES_AT))
  )
}

/** @param bytes of one batch for which `hasWholeBytes` is true */
export function openBatch(bytes: Buffer): RecordBatch {
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT)
  return {
    producerId: Number(bytes.readBigInt64BE(PRODUCER_ID_AT)),
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    bytes,
  }
}

/** Whether a control batch aborts its transaction. */
export function isAbort(batch: RecordBatch): boolean {
  const reader = new ByteReader(batch.bytes.subarray(RECORDS_AT))
  beginRecord(reader)
  reader.varint()
  reader.varint()
  const key = reader.varintBytes()
  // Two bytes of version, two of type.
  return key !== null && key.length >= 4 && key.readInt16BE(2) !== COMMIT_MARKER
}

/** Reads the records of a batch. @throws UnreadableBatchError if any record is invalid */
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
    if (delta < 0 || delta > lastDelta) throw new UnreadableBatchError('offset out of range')
    records.push({
      offset: String(baseOffset + delta),
      key: reader.varintBytes(),
      value: reader.varintBytes(),
      timestamp: hasBrokerTime ? 'NaN' : String(timestampMs),
      headers: readHeaders(reader),
    })
    if (reader.position > end) throw new UnreadableBatchError('truncated record')
    reader.position = end
  }
  return records
}

/** Skips the length and the unused attributes of a record; returns where the record ends. */
function beginRecord(reader: ByteReader): number {
  const length = reader.varint()
  const end = reader.position + length
  if (length < 0 || end > reader.bytes.length) {
    throw new UnreadableBatchError('truncated record')
  }
  reader.int8()
  return end
}

function readHeaders(reader: ByteReader): FetchedRecord['headers'] {
  const count = reader.varint()
  if (count < 0) throw new UnreadableBatchError('negative header count')
  if (count === 0) return undefined
  // Without a prototype, as names are untrusted.
  const headers = Object.create(null) as Record<string, Buffer>
  for (let index = 0; index < Math.min(count, MAX_HEADERS); index += 1) {
    const name = reader.varintBytes()
    if (name === null) throw new UnreadableBatchError('header without a name')
    headers[name.toString('utf8')] = reader.varintBytes() ?? Buffer.alloc(0)
  }
  return headers
}
