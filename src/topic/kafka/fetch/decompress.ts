import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { decompressFrameSync } from 'lz4-napi'
import { uncompressSync } from 'snappy'
import { messageOf } from '../../../errors.ts'
import { UnreadableBatchError } from './fetched.ts'
import { lz4FrameBound } from './lz4-frame.ts'
import { isXerial, snappyLength, xerialBlocks } from './snappy-blocks.ts'

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
