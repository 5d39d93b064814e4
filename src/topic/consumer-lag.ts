import { messageOf } from '../errors.ts'
import type { Clock, Timer } from '../model/clock.ts'
import type { PartitionLag } from './metrics.ts'
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

/** What the last look at the ends of a topic gave. */
interface TopicEnds {
  offsets: ReadonlyMap<number, bigint>
  readMonotonicMs: number
  /** Why a later look failed, in words. */
  problem: string | null
}

const NEVER_READ: TopicEnds = {
  offsets: new Map(),
  readMonotonicMs: Number.NEGATIVE_INFINITY,
  problem: null,
}

/**
 * How far the reading is behind what was written. Runs on a timer of its own: a reader that is held up
 * sees its lag grow by one second a second.
 */
export class ConsumerLag {
  readonly #deps: ConsumerLagDeps
  readonly #ends = new Map<string, TopicEnds>()
  /** Topics of which an answer is awaited. */
  readonly #asked = new Set<string>()
  #timer: Timer | null = null
  #isStopped = true

  constructor(deps: ConsumerLagDeps) {
    this.#deps = deps
  }

  start(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    this.#look()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** Why the ends are not known, in words; null when they were read within 5 s. */
  get problem(): string | null {
    const old = this.#deps.owned.topics.find((topic) => this.#freshEnds(topic) === undefined)
    if (old === undefined) return null
    return this.#ends.get(old)?.problem ?? `no end offsets read for ${MAX_AGE_MS} ms`
  }

  /** The lag of every owned partition; known where its end was read within 5 s. */
  read(): PartitionLag[] {
    const nowMs = this.#deps.clock.nowMs()
    return this.#deps.owned
      .states()
      .map((state) => lagOf(state, this.#freshEnds(state.topic)?.get(state.partition), nowMs))
  }

  #freshEnds(topic: string): ReadonlyMap<number, bigint> | undefined {
    const ends = this.#ends.get(topic)
    if (ends === undefined) return undefined
    const ageMs = this.#deps.clock.monotonicMs() - ends.readMonotonicMs
    return ageMs <= MAX_AGE_MS ? ends.offsets : undefined
  }

  #look(): void {
    if (this.#isStopped) return
    // Each by itself: a topic whose answer does not come keeps no other one waiting.
    for (const topic of this.#deps.owned.topics) {
      if (!this.#asked.has(topic)) void this.#readEnds(topic)
    }
    this.#timer = this.#deps.clock.setTimer(() => this.#look(), INTERVAL_MS)
  }

  async #readEnds(topic: string): Promise<void> {
    const { clock, readEnds } = this.#deps
    this.#asked.add(topic)
    try {
      const offsets = await readEnds(topic)
      this.#ends.set(topic, { offsets, readMonotonicMs: clock.monotonicMs(), problem: null })
    } catch (error) {
      const problem = messageOf(error)
      const before = this.#ends.get(topic) ?? NEVER_READ
      this.#ends.set(topic, { ...before, problem })
    } finally {
      this.#asked.delete(topic)
    }
  }
}

/** @param stableEnd end without the records that wait for the end of a transaction */
function lagOf(state: OwnedPartition, stableEnd: bigint | undefined, nowMs: number): PartitionLag {
  const { topic, partition, next, lastTimestampMs, highWatermark } = state
  if (stableEnd === undefined || next === null) {
    return { topic, partition, records: null, seconds: null }
  }
  const end = stableEnd > highWatermark ? stableEnd : highWatermark
  const records = end > next ? Number(end - next) : 0
  if (records === 0) return { topic, partition, records, seconds: 0 }
  const seconds = lastTimestampMs === null ? null : Math.max(0, nowMs - lastTimestampMs) / 1000
  return { topic, partition, records, seconds }
}
