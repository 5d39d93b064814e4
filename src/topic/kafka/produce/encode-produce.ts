import { crc32c } from '@node-rs/crc32'

/** A record as the transport passes it to kafkajs. */
export interface ProduceMessage {
  readonly key: string
  readonly value: Buffer
  /** Epoch ms, decimal. */
  readonly timestamp: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Parameters of a produce request, as kafkajs passes them to its encoder. */
export interface ProduceParams {
  readonly acks: number
  /** Time that the broker has, ms. */
  readonly timeout: number
  readonly transactionalId?: string
  readonly producerId: unknown
  readonly producerEpoch: number
  readonly compression: number
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly firstSequence: number
      readonly messages: readonly ProduceMessage[]
    }[]
  }[]
}

const NO_PRODUCER_ID = -1
const MAGIC = 2
/** Bytes of a batch before its records; see Kafka's protocol guide, "Record Batch". */
const BATCH_HEAD_BYTES = 61
/** Bytes of a batch before those that its length counts, and before those of its checksum. */
const BATCH_PREFIX_BYTES = 12
const CRC_START = 21
/** Bytes of a request, a topic and a partition before their contents. */
const REQUEST_HEAD_BYTES = 12
const TOPIC_HEAD_BYTES = 6
const PARTITION_HEAD_BYTES = 8
/** Longest form of the numbers of a record: five of up to 5 bytes, one of up to 10, and one byte. */
const RECORD_HEAD_BYTES = 36
/** The same for a header. */
const HEADER_HEAD_BYTES = 10
const MAX_UTF8_BYTES = 3
const INT32_LIMIT = 0x4000_0000

/**
 * Whether `encodeProduce` writes these parameters: uncompressed batches of a producer that is neither
 * idempotent nor transactional.
 */
export function canEncode({ compression, transactionalId, producerId }: ProduceParams): boolean {
  return compression === 0 && transactionalId === undefined && producerId === NO_PRODUCER_ID
}

/**
 * Encodes the body of a produce request of version 3 to 7, byte for byte like kafkajs, into one
 * buffer. kafkajs makes about three buffers for each record and copies each batch six times, which
 * costs more than everything else that happens to a record.
 */
export function encodeProduce(params: ProduceParams): Buffer {
  const writer = new ByteWriter(maxBytesOf(params))
  // No transactional id.
  writer.int16(-1)
  writer.int16(params.acks)
  writer.int32(params.timeout)
  writer.int32(params.topicData.length)
  for (const { topic, partitions } of params.topicData) {
    const name = Buffer.from(topic)
    writer.int16(name.length)
    writer.bytes(name)
    writer.int32(partitions.length)
    for (const { partition, firstSequence, messages } of partitions) {
      writer.int32(partition)
      const sizeAt = writer.at
      writer.int32(0)
      writeBatch(writer, messages, { ...params, firstSequence })
      writer.int32At(sizeAt, writer.at - sizeAt - 4)
    }
  }
  return writer.written()
}

function writeBatch(
  writer: ByteWriter,
  messages: readonly ProduceMessage[],
  { producerEpoch, firstSequence }: { producerEpoch: number; firstSequence: number },
): void {
  const start = writer.at
  let firstTimestampMs = Number.POSITIVE_INFINITY
  let maxTimestampMs = Number.NEGATIVE_INFINITY
  for (const { timestamp } of messages) {
    const timestampMs = Number(timestamp)
    firstTimestampMs = Math.min(firstTimestampMs, timestampMs)
    maxTimestampMs = Math.max(maxTimestampMs, timestampMs)
  }
  // Base offset, length and leader epoch; the broker sets the first and the last.
  writer.int64(0)
  writer.int32(0)
  writer.int32(0)
  writer.int8(MAGIC)
  // Checksum, and attributes: no compression, timestamps of the producer.
  writer.int32(0)
  writer.int16(0)
  writer.int32(messages.length - 1)
  writer.int64(firstTimestampMs)
  writer.int64(maxTimestampMs)
  writer.int64(NO_PRODUCER_ID)
  writer.int16(producerEpoch)
  writer.int32(firstSequence)
  writer.int32(messages.length)
  for (let index = 0; index < messages.length; index += 1) {
    const message = messages[index]
    if (message !== undefined) writeRecord(writer, message, index, firstTimestampMs)
  }
  writer.int32At(start + BATCH_PREFIX_BYTES - 4, writer.at - start - BATCH_PREFIX_BYTES)
  writer.int32At(start + CRC_START - 4, crc32c(writer.from(start + CRC_START)) | 0)
}

function writeRecord(
  writer: ByteWriter,
  message: ProduceMessage,
  offsetDelta: number,
  firstTimestampMs: number,
): void {
  const { key, value, headers } = message
  const timestampDelta = Number(message.timestamp) - firstTimestampMs
  const keyBytes = Buffer.byteLength(key)
  const names = headers === undefined ? NO_NAMES : Object.keys(headers)
  let size = 1 + varintBytes(timestampDelta) + varintBytes(offsetDelta)
  size += varintBytes(keyBytes) + keyBytes + varintBytes(value.length) + value.length
  size += varintBytes(names.length)
  for (const name of names) {
    size += textBytes(name) + textBytes(headers?.[name] ?? '')
  }
  writer.varint(size)
  // No attributes.
  writer.int8(0)
  writer.varint(timestampDelta)
  writer.varint(offsetDelta)
  writer.varint(keyBytes)
  writer.text(key, keyBytes)
  writer.varint(value.length)
  writer.bytes(value)
  writer.varint(names.length)
  for (const name of names) {
    writer.sizedText(name)
    writer.sizedText(headers?.[name] ?? '')
  }
}

const NO_NAMES: readonly string[] = []

/** Upper bound of the size of a request. */
function maxBytesOf({ topicData }: ProduceParams): number {
  let bytes = REQUEST_HEAD_BYTES
  for (const { topic, partitions } of topicData) {
    bytes += TOPIC_HEAD_BYTES + MAX_UTF8_BYTES * topic.length
    for (const { messages } of partitions) {
      bytes += PARTITION_HEAD_BYTES + BATCH_HEAD_BYTES
      for (const { key, value, headers } of messages) {
        bytes += RECORD_HEAD_BYTES + MAX_UTF8_BYTES * key.length + value.length
        if (headers === undefined) continue
        for (const name in headers) {
          const characters = name.length + (headers[name]?.length ?? 0)
          bytes += HEADER_HEAD_BYTES + MAX_UTF8_BYTES * characters
        }
      }
    }
  }
  return bytes
}

/** Bytes of a text after its length. */
function textBytes(text: string): number {
  const bytes = Buffer.byteLength(text)
  return varintBytes(bytes) + bytes
}

/** Zigzag: small negative numbers are short too. Exact up to 2^52. */
function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = zigzag(value); rest >= 128; rest = Math.floor(rest / 128)) bytes += 1
  return bytes
}

/** Writes the types of Kafka's protocol in order, into a buffer that is large enough. */
class ByteWriter {
  readonly #bytes: Buffer
  #at = 0

  constructor(maxBytes: number) {
    this.#bytes = Buffer.allocUnsafe(maxBytes)
  }

  get at(): number {
    return this.#at
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  from(start: number): Buffer {
    return this.#bytes.subarray(start, this.#at)
  }

  int8(value: number): void {
    this.#at = this.#bytes.writeInt8(value, this.#at)
  }

  int16(value: number): void {
    this.#at = this.#bytes.writeInt16BE(value, this.#at)
  }

  int32(value: number): void {
    this.#at = this.#bytes.writeInt32BE(value, this.#at)
  }

  int32At(at: number, value: number): void {
    this.#bytes.writeInt32BE(value, at)
  }

  int64(value: number): void {
    this.#at = this.#bytes.writeBigInt64BE(BigInt(value), this.#at)
  }

  varint(value: number): void {
    const bytes = this.#bytes
    let at = this.#at
    let rest = zigzag(value)
    while (rest >= INT32_LIMIT) {
      bytes[at] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
      at += 1
    }
    while (rest >= 128) {
      bytes[at] = (rest & 127) | 128
      rest >>>= 7
      at += 1
    }
    bytes[at] = rest
    this.#at = at + 1
  }

  bytes(value: Buffer): void {
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  /** @param byteLength of the text in UTF-8 */
  text(text: string, byteLength: number): void {
    this.#bytes.write(text, this.#at, byteLength)
    this.#at += byteLength
  }

  sizedText(text: string): void {
    const byteLength = Buffer.byteLength(text)
    this.varint(byteLength)
    this.text(text, byteLength)
  }
}
