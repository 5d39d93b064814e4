import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { decompressFrameSync } from 'lz4-napi'
import { uncompressSync } from 'snappy'
import { messageOf } from '../../../errors.ts'
import { UnreadableBatchError } from './fetched.ts'
import { lz4FrameBound } from './lz4-frame.ts'
import { isXerial, snappyLength, xerialBlocks } from './snappy-blocks.ts'

/** A batch of more bytes than this is not unpacked: a broker takes a megabyte packed by default. */
const MAX_BATCH_BYTES = 32 * 1024 * 1024

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/**
 * Unpacks the records of a batch with a codec of Kafka, by the number that the batch has for it.
 * @throws UnreadableBatchError for an unknown codec, for what the codec cannot read, and for what
 *   would give more than `maxBytes`
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

/** Either one block, or the blocks that the Java client frames. */
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
    throw new UnreadableBatchError(`it may hold ${bytes} bytes, more than ${maxBytes}`)
  }
}
