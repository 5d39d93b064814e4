import { UnreadableBatchError } from './fetched.ts'

/** Start of the Java client's framing: a magic of eight bytes, then two versions. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
const MAX_LENGTH_BYTES = 5

export function isXerial(bytes: Buffer): boolean {
  return bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)
}

/** Splits the Java client's framing into its length-prefixed blocks. */
export function xerialBlocks(bytes: Buffer): Buffer[] {
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
export function snappyLength(block: Buffer): number {
  let length = 0
  for (let index = 0; index < MAX_LENGTH_BYTES; index += 1) {
    const byte = block[index]
    if (byte === undefined) break
    length += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return length
  }
  throw new UnreadableBatchError('snappy block without a length')
}
