import type { OutgoingRecord } from '../../model/topic.ts'
import { recordBytes } from '../record-bytes.ts'

/** The records of one partition that are still kept, in order. */
export class PartitionLog {
  #records: OutgoingRecord[] = []
  /** Index of the oldest record that is kept; what is before it is given back in larger steps. */
  #first = 0
  #startOffset = 0

  /** Offset of the oldest record that is kept. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** Offset that the next record gets. */
  get endOffset(): number {
    return this.#startOffset + this.#records.length - this.#first
  }

  /** Timestamp of the oldest record, epoch ms; null where there is none. */
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

  /** First offset whose record is not older; the end where all are. */
  offsetAtTime(timestampMs: number): number {
    for (let offset = this.#startOffset; offset < this.endOffset; offset += 1) {
      if ((this.at(offset)?.timestampMs ?? 0) >= timestampMs) return offset
    }
    return this.endOffset
  }

  /** Gives up the oldest record, and says how many bytes that freed. */
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
