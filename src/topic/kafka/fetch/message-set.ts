import { crc32 } from 'node:zlib'
import { ByteReader } from './byte-reader.ts'
import { type FetchedRecord, UnreadableBatchError } from './fetched.ts'

/** Offset and size, which the size does not include. */
const PREFIX_BYTES = 12
const CRC_AT = 12
const MAGIC_AT = 16
const ATTRIBUTES_AT = 17
const BODY_AT = 18
const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08

/** Length of the message of magic 0 or 1 at the start of `bytes`, with its prefix. */
export function messageBytes(bytes: Buffer): number {
  return PREFIX_BYTES + bytes.readInt32BE(8)
}

/**
 * Reads a message in the format before Kafka 0.11.
 * @throws UnreadableBatchError also for a compressed set of messages
 */
export function readMessage(bytes: Buffer): FetchedRecord {
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
