import type { PoisonRecord } from '../model/pipeline.ts'

const MAX_RECORDS = 10

/** The last records of the topics that could not be read, for those who look for their writer. */
export class PoisonLog {
  readonly #records: PoisonRecord[] = []

  add(record: PoisonRecord): void {
    this.#records.unshift(record)
    if (this.#records.length > MAX_RECORDS) this.#records.pop()
  }

  /** The newest first. */
  list(): readonly PoisonRecord[] {
    return [...this.#records]
  }
}
