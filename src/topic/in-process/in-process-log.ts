import type { OutgoingRecord } from '../../model/topic.ts'
import { recordBytes } from '../record-bytes.ts'
import { PartitionLog } from './partition-log.ts'

/** Everything that is kept, over all topics. */
const MAX_BYTES = 64 * 1024 * 1024

export interface InProcessLogOptions {
  topics: readonly string[]
  partitions: number
  /** How long records are kept, by their timestamps. */
  retentionMs: number
}

/** The topics of a process: partitions with offsets, kept for a time and within a size. */
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

  /** Readers hear of it on a later turn of the event loop, never inside this call. */
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

  /** Calls `onAppended` after records were appended; the answer ends that. */
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

  /** The partition whose first record is the oldest of all. */
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
