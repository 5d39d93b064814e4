import { messageOf } from '../errors.ts'
import type { Clock, Timer } from '../model/clock.ts'
import type { OwnedPartition, OwnedPartitions } from './owned-partitions.ts'

/** The ends are asked for so often, whatever the reading does. */
const INTERVAL_MS = 1000
/** Ends that are older say nothing of the lag now. */
const MAX_AGE_MS = 5000

export interface ConsumerLagDeps {
  owned: OwnedPartitions
  clock: Clock
  /** Offset that the next record of each partition of a topic gets. */
  readEnds: (topic: string) => Promise<ReadonlyMap<number, bigint>>
}

export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  /** End of the partition minus the next record to process. */
  readonly records: number
  /** 0 when caught up, else the age of the last record that was processed; null while none was. */
  readonly seconds: number | null
}

/**
 * How far the reading is behind what was written. Runs on a timer of its own: a reader that is held up
 * sees its lag grow by one second a second.
 */
export class ConsumerLag {
  readonly #deps: ConsumerLagDeps
  readonly #ends = new Map<string, ReadonlyMap<number, bigint>>()
  #timer: Timer | null = null
  #isStopped = true
  #readMonotonicMs = Number.NEGATIVE_INFINITY
  #problem: string | null = null

  constructor(deps: ConsumerLagDeps) {
    this.#deps = deps
  }

  start(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    void this.#look()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** Why the ends are not known, in words; null when they were read within 5 s. */
  get problem(): string | null {
    const ageMs = this.#deps.clock.monotonicMs() - this.#readMonotonicMs
    if (ageMs <= MAX_AGE_MS) return null
    return this.#problem ?? `no end offsets read for ${MAX_AGE_MS} ms`
  }

  /** The lag of every owned partition whose end is known. */
  read(): PartitionLag[] {
    const nowMs = this.#deps.clock.nowMs()
    return this.#deps.owned.states().flatMap((state) => this.#lagOf(state, nowMs) ?? [])
  }

  #lagOf(state: OwnedPartition, nowMs: number): PartitionLag | null {
    const { topic, partition, next, lastTimestampMs } = state
    const end = this.#ends.get(topic)?.get(partition)
    if (end === undefined || next === null) return null
    const records = end > next ? Number(end - next) : 0
    if (records === 0) return { topic, partition, records, seconds: 0 }
    const seconds = lastTimestampMs === null ? null : Math.max(0, nowMs - lastTimestampMs) / 1000
    return { topic, partition, records, seconds }
  }

  async #look(): Promise<void> {
    const { owned, clock, readEnds } = this.#deps
    try {
      for (const topic of owned.topics) {
        this.#ends.set(topic, await readEnds(topic))
      }
      this.#readMonotonicMs = clock.monotonicMs()
      this.#problem = null
    } catch (error) {
      this.#problem = messageOf(error)
    }
    if (this.#isStopped) return
    this.#timer = clock.setTimer(() => void this.#look(), INTERVAL_MS)
  }
}
