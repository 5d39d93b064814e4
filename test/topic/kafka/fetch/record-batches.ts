import { gzipSync, zstdCompressSync } from 'node:zlib'
import { crc32c } from '@node-rs/crc32'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'

/** Codec numbers of Kafka. */
export const CODECS = { none: 0, gzip: 1, snappy: 2, xerial: 2, lz4: 3, zstd: 4 } as const
export type CodecName = keyof typeof CODECS

export interface GivenRecord {
  key?: string | null
  value?: string | null
  timestampDelta?: number
  offsetDelta?: number
  headers?: readonly (readonly [string, string])[]
}

export interface GivenBatch {
  baseOffset?: number
  records?: readonly GivenRecord[]
  /** Default: that of the last record. */
  lastOffsetDelta?: number
  baseTimestampMs?: number
  codec?: CodecName
  /** Beside the codec: 8 = LogAppendTime, 16 = transactional, 32 = control. */
  flags?: number
  producerId?: number
  /** Replaces the compressed records. */
  payload?: Buffer
  /** Replaces the number of records. */
  count?: number
}

/** A batch of magic 2, byte by byte as Kafka's protocol guide lays it out. */
export function recordBatch(given: GivenBatch = {}): Buffer {
  const records = given.records ?? [{ value: 'a' }]
  const bytes = Buffer.concat(records.map((record, index) => recordBytes(record, index)))
  const payload = given.payload ?? pack(bytes, given.codec ?? 'none')
  const lastDelta = records.at(-1)?.offsetDelta ?? records.length - 1
  const head = Buffer.alloc(61)
  head.writeBigInt64BE(BigInt(given.baseOffset ?? 0), 0)
  head.writeInt32BE(49 + payload.length, 8)
  head.writeInt8(2, 16)
  head.writeInt16BE(CODECS[given.codec ?? 'none'] | (given.flags ?? 0), 21)
  head.writeInt32BE(given.lastOffsetDelta ?? Math.max(0, lastDelta), 23)
  head.writeBigInt64BE(BigInt(given.baseTimestampMs ?? 1_790_000_000_000), 27)
  head.writeBigInt64BE(BigInt(given.baseTimestampMs ?? 1_790_000_000_000), 35)
  head.writeBigInt64BE(BigInt(given.producerId ?? -1), 43)
  head.writeInt16BE(-1, 51)
  head.writeInt32BE(-1, 53)
  head.writeInt32BE(given.count ?? records.length, 57)
  const batch = Buffer.concat([head, payload])
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

/** Marker that ends a transaction. */
export function marker(given: {
  baseOffset: number
  producerId: number
  isCommit: boolean
}): Buffer {
  const key = Buffer.from([0, 0, 0, given.isCommit ? 1 : 0])
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(0),
    varint(0),
    sized(key),
    sized(Buffer.alloc(6)),
    varint(0),
  ])
  const payload = Buffer.concat([varint(body.length), body])
  return recordBatch({ ...given, payload, flags: 16 | 32 })
}

/** A message in the format before Kafka 0.11, with a checksum that the caller computes. */
export function oldMessage(given: {
  offset: number
  magic: 0 | 1
  attributes?: number
  value: string
  crc32: (bytes: Buffer) => number
}): Buffer {
  const time = Buffer.alloc(given.magic === 1 ? 8 : 0)
  if (given.magic === 1) time.writeBigInt64BE(1_790_000_000_007n)
  const value = Buffer.from(given.value)
  const content = Buffer.concat([
    Buffer.from([given.magic, given.attributes ?? 0]),
    time,
    int32(-1),
    int32(value.length),
    value,
  ])
  const head = Buffer.alloc(16)
  head.writeBigInt64BE(BigInt(given.offset), 0)
  head.writeInt32BE(4 + content.length, 8)
  head.writeUInt32BE(given.crc32(content), 12)
  return Buffer.concat([head, content])
}

/** A signed varint. */
function varint(value: number): Buffer {
  let rest = value >= 0 ? BigInt(value) * 2n : BigInt(-value) * 2n - 1n
  const bytes: number[] = []
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest === 0n ? low : low | 0x80)
  } while (rest !== 0n)
  return Buffer.from(bytes)
}

/** Compresses like the clients; `xerial` is the framing of the Java client, in blocks of 32 KiB. */
function pack(bytes: Buffer, codec: CodecName): Buffer {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipSync(bytes)
    case 'snappy':
      return compressSync(bytes)
    case 'lz4':
      return compressFrameSync(bytes)
    case 'zstd':
      return zstdCompressSync(bytes)
    case 'xerial': {
      const parts = [Buffer.from('\x82SNAPPY\x00', 'latin1'), int32(1), int32(1)]
      for (let start = 0; start < bytes.length; start += 32_768) {
        const block = compressSync(bytes.subarray(start, start + 32_768))
        parts.push(int32(block.length), block)
      }
      return Buffer.concat(parts)
    }
  }
}

function recordBytes(record: GivenRecord, index: number): Buffer {
  const { key = null, value = null, timestampDelta = index, offsetDelta = index } = record
  const headers = record.headers ?? []
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta),
    sized(key === null ? null : Buffer.from(key)),
    sized(value === null ? null : Buffer.from(value)),
    varint(headers.length),
    ...headers.flatMap(([name, text]) => [sized(Buffer.from(name)), sized(Buffer.from(text))]),
  ])
  return Buffer.concat([varint(body.length), body])
}

function sized(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
