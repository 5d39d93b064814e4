import { UnreadableBatchError } from './fetched.ts'

/** Maximum length of a Kafka varint. */
const MAX_VARINT_BYTES = 10

/**
 * Reads the types of Kafka's record format in order. @throws UnreadableBatchError beyond the end
 */
export class ByteReader {
  readonly bytes: Buffer
  position = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  int8(): number {
    return this.bytes.readInt8(this.#advance(1))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#advance(4))
  }

  /** Exact up to 2^53. */
  int64(): number {
    return Number(this.bytes.readBigInt64BE(this.#advance(8)))
  }

  /** A signed varint or varlong; exact up to 2^53. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < MAX_VARINT_BYTES; count += 1) {
      const byte = this.bytes[this.position]
      if (byte === undefined) throw new UnreadableBatchError('truncated record')
      this.position += 1
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      scale *= 128
    }
    throw new UnreadableBatchError('varint is too long')
  }

  /** Bytes prefixed with their length as a varint; null for the length -1. */
  varintBytes(): Buffer | null {
    return this.#sized(this.varint())
  }

  /** Bytes prefixed with their length as an int32; null for the length -1. */
  int32Bytes(): Buffer | null {
    return this.#sized(this.int32())
  }

  #sized(length: number): Buffer | null {
    if (length === -1) return null
    const start = this.#advance(length)
    return this.bytes.subarray(start, start + length)
  }

  #advance(count: number): number {
    const start = this.position
    if (!(count >= 0) || start + count > this.bytes.length) {
      throw new UnreadableBatchError('truncated record')
    }
    this.position = start + count
    return start
  }
}
