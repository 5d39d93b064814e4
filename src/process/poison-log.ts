import type { RejectedRecord } from '../model/pipeline.ts'

const MAX_RECORDS = 10

/** The last records of the topics that could not be read, for those who look for their writer. */
export class RejectedRecords {
  readonly #records: RejectedRecord[] = []

  add(record: RejectedRecord): void {
    this.#records.unshift(record)
    if (this.#records.length > MAX_RECORDS) this.#records.pop()
  }

  /** The newest first. */
  list(): readonly RejectedRecord[] {
    return [...this.#records]
  }
}
