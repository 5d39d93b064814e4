import { nextTick } from 'node:process'
import type { OutgoingRecord } from '../../../model/topic.ts'

/**
 * Limit of the records of one request: far below what brokers accept (`socket.request.max.bytes`,
 * 100 MiB), however many partitions a broker leads.
 */
const REQUEST_MAX_BYTES = 4_194_304

/** The batch of one partition of the topic. */
export interface PartitionBatch {
  readonly partition: number
  readonly records: readonly OutgoingRecord[]
  /** Sum of the values, bytes. */
  readonly valueBytes: number
}

/** Outcome of one batch of a request: null = acknowledged. */
export type BatchOutcome = Error | null

export interface ProduceRequestsDeps {
  /** Broker that leads a partition; undefined while unknown. */
  leaderOf(partition: number): number | undefined
  /**
   * Sends one request. Resolves with the outcome of each batch; rejects if the request failed as a
   * whole.
   */
  request(batches: readonly PartitionBatch[]): Promise<readonly BatchOutcome[]>
  /**
   * Whether the broker answered a failed request with an error of one of its batches: the others
   * may be written, and each is sent again by itself.
   */
  isFaultOfOne(error: unknown): boolean
}

interface Waiting extends PartitionBatch {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Puts batches that are sent in the same tick of the event loop into one request per broker: a
 * request costs client and broker about the same for one partition as for all.
 */
export class ProduceRequests {
  readonly #deps: ProduceRequestsDeps
  #waiting: Waiting[] = []

  constructor(deps: ProduceRequestsDeps) {
    this.#deps = deps
  }

  /**
   * Resolves when the batch is acknowledged.
   * @param isAlone whether it gets a request of its own, so that its error is that of no other
   */
  send(batch: PartitionBatch, { isAlone }: { isAlone: boolean }): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = { ...batch, resolve, reject }
      if (isAlone) {
        void this.#request([waiting])
        return
      }
      this.#waiting.push(waiting)
      // After the reactions to the responses of this tick, which send the next batches.
      if (this.#waiting.length === 1) nextTick(() => this.#flush())
    })
  }

  #flush(): void {
    const groups = new Map<number | undefined, { bytes: number; batches: Waiting[] }>()
    const waiting = this.#waiting
    this.#waiting = []
    for (const batch of waiting) {
      const leader = this.#deps.leaderOf(batch.partition)
      let group = groups.get(leader)
      if (group !== undefined && group.bytes + batch.valueBytes > REQUEST_MAX_BYTES) {
        void this.#request(group.batches)
        group = undefined
      }
      if (group === undefined) {
        group = { bytes: 0, batches: [] }
        groups.set(leader, group)
      }
      group.bytes += batch.valueBytes
      group.batches.push(batch)
    }
    for (const { batches } of groups.values()) void this.#request(batches)
  }

  /** Never rejects: the outcome is that of the batches. */
  async #request(batches: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#deps.request(batches)
      for (const [index, batch] of batches.entries()) {
        const outcome = outcomes[index]
        if (outcome === null) batch.resolve()
        else batch.reject(outcome)
      }
    } catch (error) {
      if (batches.length > 1 && this.#deps.isFaultOfOne(error)) {
        for (const batch of batches) void this.#request([batch])
        return
      }
      for (const { reject } of batches) reject(error)
    }
  }
}
