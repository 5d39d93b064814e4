import type { OutgoingRecord } from '../../model/topic.ts'
import type { Refusal } from './transport.ts'

/** The learned batch size is doubled after this many accepted batches. */
const RELAX_AFTER_BATCHES = 100

export interface BatchLimitsOptions {
  batchMaxRecords: number
  batchMaxBytes: number
}

/**
 * Limits the next batch of a partition. When the broker rejects a batch because of its contents,
 * halves the batches until the offending records are isolated, and grows again over the others:
 * about 2 log2(n) sends find one of n. A record is dropped when it is rejected a second time,
 * alone.
 */
export class BatchLimits {
  readonly #options: BatchLimitsOptions
  /** The configured size, or less if the broker rejected that. */
  #maxBytes: number
  #batchesSinceRefusal = 0
  /** Records at the head of the queue that were part of a rejected batch. */
  #suspects = 0
  /** Maximum number of them in the next batch. */
  #probeRecords = 1
  readonly #refusedOnce = new WeakSet<OutgoingRecord>()

  constructor(options: BatchLimitsOptions) {
    this.#options = options
    this.#maxBytes = options.batchMaxBytes
  }

  get maxBytes(): number {
    return this.#maxBytes
  }

  /** True while records of a rejected batch are sent again. */
  get isProbing(): boolean {
    return this.#suspects > 0
  }

  get maxRecords(): number {
    const { batchMaxRecords } = this.#options
    if (this.#suspects === 0) return batchMaxRecords
    return Math.min(batchMaxRecords, this.#suspects, this.#probeRecords)
  }

  acknowledged(records: number): void {
    this.#suspects = Math.max(0, this.#suspects - records)
    this.#probeRecords *= 2
    this.#batchesSinceRefusal += 1
    const { batchMaxBytes } = this.#options
    if (this.#maxBytes >= batchMaxBytes || this.#batchesSinceRefusal < RELAX_AFTER_BATCHES) return
    this.#batchesSinceRefusal = 0
    this.#maxBytes = Math.min(batchMaxBytes, this.#maxBytes * 2)
  }

  /**
   * Notes a rejected batch: true if it is a single record to drop, false if its parts are to be
   * retried.
   */
  refused(batch: readonly OutgoingRecord[], bytes: number, refusal: Refusal): boolean {
    const [first] = batch
    if (batch.length === 1 && first !== undefined && this.#refusedOnce.has(first)) {
      this.#suspects = Math.max(0, this.#suspects - 1)
      this.#probeRecords = 1
      return true
    }
    for (const record of batch) this.#refusedOnce.add(record)
    this.#suspects = Math.max(this.#suspects, batch.length)
    this.#probeRecords = Math.max(1, Math.floor(batch.length / 2))
    if (refusal === 'too_large' && batch.length > 1) {
      this.#maxBytes = Math.ceil(bytes / 2)
      this.#batchesSinceRefusal = 0
    }
    return false
  }
}
