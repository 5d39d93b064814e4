import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { decompressFrameSync } from 'lz4-napi'
import { uncompressSync } from 'snappy'
import { messageOf } from '../../../errors.ts'
import { UnreadableBatchError } from './fetched.ts'

/** Maximum decompressed size of a batch. Brokers accept 1 MB compressed by default. */
const MAX_BATCH_BYTES = 32 * 1024 * 1024

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/**
 * Decompresses the records of a batch.
 * @param codec number of the codec in the attributes of the batch
 * @throws UnreadableBatchError for an unknown codec, invalid data, and more than `maxBytes` of
 *   output
 */
export function decompress(codec: number, bytes: Buffer, maxBytes = MAX_BATCH_BYTES): Buffer {
  const name = CODECS[codec]
  if (name === undefined) throw new UnreadableBatchError(`unknown codec ${codec}`)
  try {
    switch (name) {
      case 'none':
        return bytes
      case 'gzip':
        return gunzipSync(bytes, { maxOutputLength: maxBytes })
      case 'snappy':
        return decompressSnappy(bytes, maxBytes)
      case 'lz4':
        assertBound(lz4FrameBound(bytes), maxBytes)
        return decompressFrameSync(bytes)
      case 'zstd':
        return zstdDecompressSync(bytes, { maxOutputLength: maxBytes })
    }
  } catch (error) {
    if (error instanceof UnreadableBatchError) throw error
    throw new UnreadableBatchError(`${name}: ${messageOf(error)}`, { cause: error })
  }
}

/** Either a single block, or the framing of the Java client. */
function decompressSnappy(bytes: Buffer, maxBytes: number): Buffer {
  const blocks = isXerial(bytes) ? xerialBlocks(bytes) : [bytes]
  assertBound(
    blocks.reduce((sum, block) => sum + snappyLength(block), 0),
    maxBytes,
  )
  return Buffer.concat(
    blocks.map((block) => {
      const given = uncompressSync(block, { asBuffer: true })
      return typeof given === 'string' ? Buffer.from(given) : given
    }),
  )
}

function assertBound(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new UnreadableBatchError(`may decompress to ${bytes} bytes, more than ${maxBytes}`)
  }
}

const MAGIC = 0x184d2204
const HAS_BLOCK_CHECKSUMS = 0x10
const HAS_CONTENT_SIZE = 0x08
const HAS_CONTENT_CHECKSUM = 0x04
const HAS_DICTIONARY_ID = 0x01
const IS_STORED = 0x80000000
/** Maximum compression ratio of a block. */
const MAX_RATIO = 255

/**
 * Upper bound of the decompressed size of LZ4 frames, summed over the blocks without decompressing
 * them.
 * @throws UnreadableBatchError if the bytes are no LZ4 frames
 */
function lz4FrameBound(bytes: Buffer): number {
  let bound = 0
  let position = 0
  while (position < bytes.length) {
    const frame = readFrame(bytes, position)
    bound += frame.bound
    position = frame.end
  }
  return bound
}

function readFrame(bytes: Buffer, start: number): { bound: number; end: number } {
  if (readUInt32(bytes, start) !== MAGIC) throw new UnreadableBatchError('not an LZ4 frame')
  const flags = bytes[start + 4] ?? 0
  const blockBytes = maxBlockBytes(bytes[start + 5] ?? 0)
  const blockTrailer = (flags & HAS_BLOCK_CHECKSUMS) === 0 ? 0 : 4
  // Magic, flags and block size, then optional fields, then one checksum byte.
  let position = start + 7
  if ((flags & HAS_CONTENT_SIZE) !== 0) position += 8
  if ((flags & HAS_DICTIONARY_ID) !== 0) position += 4
  let bound = 0
  for (;;) {
    const word = readUInt32(bytes, position)
    position += 4
    if (word === 0) break
    const length = word % IS_STORED
    bound += Math.min(blockBytes, word >= IS_STORED ? length : length * MAX_RATIO)
    position += length + blockTrailer
  }
  if ((flags & HAS_CONTENT_CHECKSUM) !== 0) position += 4
  return { bound, end: position }
}

/** 64 KiB, 256 KiB, 1 MiB or 4 MiB. */
function maxBlockBytes(descriptor: number): number {
  const size = (descriptor >> 4) & 7
  if (size < 4) throw new UnreadableBatchError('LZ4 frame with an unknown block size')
  return 2 ** (8 + 2 * size)
}

function readUInt32(bytes: Buffer, position: number): number {
  if (position + 4 > bytes.length) throw new UnreadableBatchError('truncated LZ4 frame')
  return bytes.readUInt32LE(position)
}

/** Start of the Java client's framing: a magic of eight bytes, then two versions. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
const MAX_LENGTH_BYTES = 5

function isXerial(bytes: Buffer): boolean {
  return bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)
}

/** Splits the Java client's framing into its length-prefixed blocks. */
function xerialBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  let position = XERIAL_HEADER_BYTES
  while (position < bytes.length) {
    const start = position + 4
    if (start > bytes.length) throw new UnreadableBatchError('truncated snappy block')
    const end = start + bytes.readUInt32BE(position)
    if (end > bytes.length) throw new UnreadableBatchError('truncated snappy block')
    blocks.push(bytes.subarray(start, end))
    position = end
  }
  return blocks
}

/** Decompressed length, from the start of a block. */
function snappyLength(block: Buffer): number {
  let length = 0
  for (let index = 0; index < MAX_LENGTH_BYTES; index += 1) {
    const byte = block[index]
    if (byte === undefined) break
    length += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return length
  }
  throw new UnreadableBatchError('snappy block without a length')
}
