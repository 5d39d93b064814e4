import type { OutgoingRecord } from '../../model/topic.ts'
import { recordBytes } from '../producer/queue/record-queue.ts'

/** Maximum size of all records over all topics. */
const MAX_BYTES = 64 * 1024 * 1024

export interface InProcessLogOptions {
  topics: readonly string[]
  partitions: number
  /** How long records are kept, by their timestamps. */
  retentionMs: number
}

/** The topics of a process: partitions with offsets, bounded by age and size. */
export class MemoryLog {
  readonly partitionCount: number
  readonly #retentionMs: number
  readonly #topics: ReadonlyMap<string, readonly PartitionLog[]>
  readonly #readers = new Set<() => void>()
  #bytes = 0
  #isNotifying = false

  constructor(options: InProcessLogOptions) {
    this.partitionCount = options.partitions
    this.#retentionMs = options.retentionMs
    const logs = () => Array.from({ length: options.partitions }, () => new PartitionLog())
    this.#topics = new Map(options.topics.map((topic) => [topic, logs()]))
  }

  /**
   * Appends records. Subscribers are notified on a later tick of the event loop, never inside this
   * call.
   */
  append(topic: string, partition: number, records: readonly OutgoingRecord[]): void {
    const log = this.partition(topic, partition)
    if (log === undefined) return
    for (const record of records) {
      log.append(record)
      this.#bytes += recordBytes(record)
      this.#retain(log, record.timestampMs)
    }
    this.#notify()
  }

  partition(topic: string, partition: number): PartitionLog | undefined {
    return this.#topics.get(topic)?.[partition]
  }

  /** Calls `onAppended` after records were appended; returns a function that unsubscribes. */
  subscribe(onAppended: () => void): () => void {
    this.#readers.add(onAppended)
    return () => {
      this.#readers.delete(onAppended)
    }
  }

  #retain(log: PartitionLog, newestMs: number): void {
    for (
      let oldest = log.oldestTimestampMs;
      oldest !== null && oldest < newestMs - this.#retentionMs;
      oldest = log.oldestTimestampMs
    ) {
      this.#bytes -= log.dropOldest()
    }
    while (this.#bytes > MAX_BYTES) this.#bytes -= this.#oldestLog(log).dropOldest()
  }

  /** The partition with the oldest first record. */
  #oldestLog(fallback: PartitionLog): PartitionLog {
    let oldest = fallback
    for (const logs of this.#topics.values()) {
      for (const log of logs) {
        if ((log.oldestTimestampMs ?? Infinity) < (oldest.oldestTimestampMs ?? Infinity))
          oldest = log
      }
    }
    return oldest
  }

  #notify(): void {
    if (this.#isNotifying) return
    this.#isNotifying = true
    setImmediate(() => {
      this.#isNotifying = false
      for (const onAppended of this.#readers) onAppended()
    })
  }
}

/** The retained records of one partition, in order. */
export class PartitionLog {
  #records: OutgoingRecord[] = []
  /** Index of the oldest retained record; slots before it are freed in larger steps. */
  #first = 0
  #startOffset = 0

  /** Offset of the oldest retained record. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** Offset of the next record. */
  get endOffset(): number {
    return this.#startOffset + this.#records.length - this.#first
  }

  /** Timestamp of the oldest record, epoch ms; null if there is none. */
  get oldestTimestampMs(): number | null {
    return this.#records[this.#first]?.timestampMs ?? null
  }

  append(record: OutgoingRecord): void {
    this.#records.push(record)
  }

  at(offset: number): OutgoingRecord | undefined {
    return offset < this.#startOffset
      ? undefined
      : this.#records[this.#first + offset - this.#startOffset]
  }

  /** First offset whose record is not older; the end offset if all are. */
  offsetAtTime(timestampMs: number): number {
    for (let offset = this.#startOffset; offset < this.endOffset; offset += 1) {
      if ((this.at(offset)?.timestampMs ?? 0) >= timestampMs) return offset
    }
    return this.endOffset
  }

  /** Removes the oldest record; returns the bytes freed. */
  dropOldest(): number {
    const record = this.#records[this.#first]
    if (record === undefined) return 0
    this.#first += 1
    this.#startOffset += 1
    if (this.#first >= 1024 && this.#first * 2 >= this.#records.length) {
      this.#records = this.#records.slice(this.#first)
      this.#first = 0
    }
    return recordBytes(record)
  }
}
