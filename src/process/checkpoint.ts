import type { Checkpoint } from '../model/checkpoint-headers.ts'
import type { BookFrame } from '../model/frames.ts'
import type { TopicRecord } from '../model/topic.ts'

/**
 * A record of the book topic, parsed and validated as far as possible without the book. The same
 * object goes to the book, its status and its windows.
 */
export interface BookRecord {
  readonly record: TopicRecord
  readonly frame: BookFrame
  /** null for an ordinary record. */
  readonly checkpoint: Checkpoint | null
  /** From receipt by the producer to arrival here, ms; negative if the clocks of the hosts disagree. */
  readonly topicDelayMs: number
}

/**
 * Decides which producer's checkpoints are accepted in an incremental channel: those of the active
 * producer, at first the first one. When none came from it for `silentAfterMs` by record
 * timestamps, the next producer takes over with its first snapshot. Grouped snapshots are always
 * accepted, as each is complete, and so are ordinary records, which carry no producer id.
 */
export class ProducerArbiter {
  readonly #silentAfterMs: number
  #producerId: string | null = null
  #lastCheckpointMs = Number.NEGATIVE_INFINITY

  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs
  }

  admits(frame: BookFrame, checkpoint: Checkpoint | null, timestampMs: number): boolean {
    if (checkpoint === null || frame.kind === 'grouped') return true
    const isActive = this.#producerId === null || this.#producerId === checkpoint.producerId
    const isReplaceable = timestampMs - this.#lastCheckpointMs > this.#silentAfterMs
    if (!isActive && !(isReplaceable && frame.kind === 'snapshot')) return false
    this.#producerId = checkpoint.producerId
    this.#lastCheckpointMs = Math.max(timestampMs, isActive ? this.#lastCheckpointMs : 0)
    return true
  }
}
