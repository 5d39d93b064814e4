import type { TopicPartition } from '../../model/topic.ts'

/** State of a partition that the consumer owns. */
export interface OwnedPartition extends TopicPartition {
  /** Offset of the next record to process; null until the start position is looked up. */
  next: bigint | null
  /** High watermark as reported by fetches; includes records of open transactions. */
  highWatermark: bigint
  /**
   * Timestamp of the last processed record with a valid one, epoch ms; before that, of the first
   * waiting record. Null until a record arrived.
   */
  lastTimestampMs: number | null
  /** Everything written before this monotonic time was processed; null: unknown. */
  readToEndMonotonicMs: number | null
  /**
   * How late the last batch was read, ms, and when, monotonic: 0 if it reached the end of the
   * partition; null before the first batch that was no replay.
   */
  delay: { readonly ms: number; readonly readMonotonicMs: number } | null
  /** End of the partition at assignment: records before it are replayed. */
  replayEnd: bigint
  /** Position committed last, and when, epoch ms of the wall clock. */
  committed: bigint | null
  lastCommitMs: number | null
}

/** Partitions that a consumer owns, and its position in each. */
export class Assignment {
  /** Topics that are currently read. */
  topics: readonly string[]
  readonly #states = new Map<string, OwnedPartition>()

  constructor(topics: readonly string[]) {
    this.topics = topics
  }

  /** Applies a new assignment; partitions that stay keep their position. */
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

  /**
   * Clears the positions of a topic whose logs were recreated: they are invalid in the new ones.
   */
  forgetPositions(topic: string): void {
    for (const state of this.states()) if (state.topic === topic) this.#add(state)
  }

  /** Next offset per partition of a topic; partitions without a position are omitted. */
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

  /** The assigned partitions as plain topic-partition pairs. */
  list(): TopicPartition[] {
    return this.states().map(({ topic, partition }) => ({ topic, partition }))
  }

  /** Whether every assigned partition of a topic was read to its end, with at least one. */
  isReadToEnd(topic: string): boolean {
    const states = this.states().filter((state) => state.topic === topic)
    return states.length > 0 && states.every((state) => state.readToEndMonotonicMs !== null)
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
      delay: null,
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
