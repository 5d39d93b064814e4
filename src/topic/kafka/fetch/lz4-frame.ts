import { UnreadableBatchError } from './fetched.ts'

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
export function lz4FrameBound(bytes: Buffer): number {
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
