import type { Fetched } from './fetched.ts'
import { type Budget, readRecordSet } from './read-record-set.ts'

/** Oldest version of the fetch API with this layout. */
const OLDEST_VERSION = 4
const NEWEST_VERSION = 11
/** Maximum decompressed size of the records of one response. */
const MAX_REPLY_BYTES = 32 * 1024 * 1024

/** Metadata of one partition in a fetch response. */
export interface PartitionReply {
  readonly topic: string
  readonly partition: number
  /** 0 = none. */
  readonly errorCode: number
  readonly highWatermark: bigint
  /** Records from here on belong to an open transaction, if it is below the high watermark. */
  readonly lastStableOffset: bigint
}

/** A response as kafkajs expects it. */
export interface FetchReply {
  readonly throttleTime: number
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly sessionId: number
  readonly responses: {
    readonly topicName: string
    readonly partitions: {
      readonly partition: number
      readonly errorCode: number
      readonly highWatermark: string
      readonly lastStableOffset: string
      readonly abortedTransactions: readonly never[]
      readonly preferredReadReplica: number
      readonly messages: readonly Fetched[]
    }[]
  }[]
}

export interface FetchReplyOptions {
  version: number
  /** Offset that was requested. */
  fetchOffsetOf: (topic: string, partition: number) => number
  /** Handles the metadata of a partition; returns the error code to pass to kafkajs. */
  onPartition: (reply: PartitionReply) => number
}

export function canReadVersion(version: number): boolean {
  return version >= OLDEST_VERSION && version <= NEWEST_VERSION
}

/**
 * Parses a fetch response. An unreadable batch costs only its own records; kafkajs itself would
 * fail the whole fetch repeatedly.
 */
export function readFetchReply(bytes: Buffer, options: FetchReplyOptions): FetchReply {
  return new FetchReplyReader(bytes, options).read()
}

class FetchReplyReader {
  readonly #bytes: Buffer
  readonly #options: FetchReplyOptions
  readonly #budget: Budget = { bytes: MAX_REPLY_BYTES }
  #position = 0

  constructor(bytes: Buffer, options: FetchReplyOptions) {
    this.#bytes = bytes
    this.#options = options
  }

  read(): FetchReply {
    const { version } = this.#options
    return {
      // The broker has not throttled the request: the client is expected to wait.
      throttleTime: 0,
      clientSideThrottleTime: this.#int32(),
      errorCode: version >= 7 ? this.#int16() : 0,
      sessionId: version >= 7 ? this.#int32() : 0,
      responses: this.#array(() => {
        const topicName = this.#string()
        return { topicName, partitions: this.#array(() => this.#partition(topicName)) }
      }),
    }
  }

  #partition(topic: string) {
    const { version, fetchOffsetOf, onPartition } = this.#options
    const partition = this.#int32()
    const errorCode = this.#int16()
    const highWatermark = this.#int64()
    const lastStableOffset = this.#int64()
    // Log start offset.
    if (version >= 5) this.#int64()
    const aborted = this.#array(() => ({
      producerId: Number(this.#int64()),
      firstOffset: Number(this.#int64()),
    }))
    const preferredReadReplica = version >= 11 ? this.#int32() : -1
    const set = {
      bytes: this.#sized(),
      fetchOffset: fetchOffsetOf(topic, partition),
      highWatermark: Number(highWatermark),
      aborted,
    }
    return {
      partition,
      errorCode: onPartition({ topic, partition, errorCode, highWatermark, lastStableOffset }),
      highWatermark: String(highWatermark),
      lastStableOffset: String(lastStableOffset),
      abortedTransactions: [],
      preferredReadReplica,
      messages: this.#budget.bytes > 0 ? readRecordSet(set, this.#budget) : [],
    }
  }

  #array<T>(read: () => T): T[] {
    const length = this.#int32()
    const items: T[] = []
    for (let index = 0; index < length; index += 1) items.push(read())
    return items
  }

  #string(): string {
    const length = this.#bytes.readInt16BE(this.#advance(2))
    const start = this.#advance(Math.max(0, length))
    return this.#bytes.toString('utf8', start, this.#position)
  }

  #sized(): Buffer {
    const start = this.#advance(Math.max(0, this.#int32()))
    return this.#bytes.subarray(start, this.#position)
  }

  #int16(): number {
    return this.#bytes.readInt16BE(this.#advance(2))
  }

  #int32(): number {
    return this.#bytes.readInt32BE(this.#advance(4))
  }

  #int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#advance(8))
  }

  #advance(count: number): number {
    const start = this.#position
    this.#position += count
    return start
  }
}
