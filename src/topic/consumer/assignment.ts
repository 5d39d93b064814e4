import type { TopicPartition } from '../../model/topic.ts'

/** What a consumer knows of a partition that it owns. */
export interface OwnedPartition extends TopicPartition {
  /** Offset of the next record to hand over; null until the start is looked up. */
  next: bigint | null
  /** End of the partition as fetches show it, also of what waits for the end of a transaction. */
  highWatermark: bigint
  /**
   * Timestamp of the record handed over last that has a sound one, epoch ms; before that, of the first
   * one that waits for it. Null until a record came.
   */
  lastTimestampMs: number | null
  /** Everything that was written before this monotonic moment has been handed over; null: unknown. */
  readToEndMonotonicMs: number | null
  /** End of the partition when it was gained: what is before it is replayed. */
  replayEnd: bigint
  /** The position that was committed last, and when, epoch ms on the wall clock. */
  committed: bigint | null
  lastCommitMs: number | null
}

/** The partitions that a consumer owns, and its position in each. */
export class Assignment {
  /** The topics that are read at present. */
  topics: readonly string[]
  readonly #states = new Map<string, OwnedPartition>()

  constructor(topics: readonly string[]) {
    this.topics = topics
  }

  /** Takes a new assignment; those that stay keep their position. */
  assign(assigned: readonly TopicPartition[]): {
    gained: readonly OwnedPartition[]
    lost: readonly TopicPartition[]
    kept: readonly OwnedPartition[]
  } {
    const wanted = new Set(assigned.map(keyOf))
    const lost = this.list().filter((partition) => !wanted.has(keyOf(partition)))
    for (const partition of lost) this.#states.delete(keyOf(partition))
    const kept = this.states()
    const gained = assigned.filter((partition) => !this.#states.has(keyOf(partition)))
    return { gained: gained.map((partition) => this.#add(partition)), lost, kept }
  }

  /** The logs of a topic were recreated: positions in the old ones say nothing of where to begin. */
  forgetPositions(topic: string): void {
    for (const state of this.states()) if (state.topic === topic) this.#add(state)
  }

  /** Where the partitions of a topic are read on, without those that have no position yet. */
  positions(topic: string): Map<number, bigint> {
    const positions = new Map<number, bigint>()
    for (const state of this.states()) {
      if (state.topic === topic && state.next !== null) positions.set(state.partition, state.next)
    }
    return positions
  }

  get(topic: string, partition: number): OwnedPartition | undefined {
    return this.#states.get(`${topic}/${partition}`)
  }

  states(): OwnedPartition[] {
    return [...this.#states.values()]
  }

  /** Without what only this edge needs to know. */
  list(): TopicPartition[] {
    return this.states().map(({ topic, partition }) => ({ topic, partition }))
  }

  countOf(topic: string): number {
    let count = 0
    for (const state of this.#states.values()) if (state.topic === topic) count += 1
    return count
  }

  #add({ topic, partition }: TopicPartition): OwnedPartition {
    const state = {
      topic,
      partition,
      next: null,
      highWatermark: 0n,
      lastTimestampMs: null,
      readToEndMonotonicMs: null,
      replayEnd: 0n,
      committed: null,
      lastCommitMs: null,
    }
    this.#states.set(keyOf(state), state)
    return state
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
