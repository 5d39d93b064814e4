import type { OutgoingRecord } from '../../model/topic.ts'
import type { Refusal } from './transport.ts'

/** After so many batches without a refusal the learned size of a batch is doubled. */
const RELAX_AFTER_BATCHES = 100

export interface BatchLimitsOptions {
  batchMaxRecords: number
  batchMaxBytes: number
}

/**
 * How much the next batch of a partition may hold. Where the broker refuses a batch for what is in it,
 * halves it until the records at fault are alone, and grows again over those that are not: about
 * 2 log2(n) sends find one of n. A record is given up once it was refused a second time, alone.
 */
export class BatchLimits {
  readonly #options: BatchLimitsOptions
  /** The size of the options, or less where the broker refused so much. */
  #maxBytes: number
  #batchesSinceRefusal = 0
  /** Records at the head of the queue that were in a batch that was refused. */
  #suspects = 0
  /** Most of them that the next batch may hold. */
  #probeRecords = 1
  readonly #refusedOnce = new WeakSet<OutgoingRecord>()

  constructor(options: BatchLimitsOptions) {
    this.#options = options
    this.#maxBytes = options.batchMaxBytes
  }

  get maxBytes(): number {
    return this.#maxBytes
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

  /** A batch was refused: true where it is one record to be given up, else its parts are tried. */
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
