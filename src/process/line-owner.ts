import type { BookFrame } from '../model/frame.ts'
import type { Checkpoint } from './checkpoint.ts'

/**
 * Which producer's checkpoints count in an incremental channel: that of the first one, until none of
 * its own has come for `silentAfterMs` by record timestamps; then the next id takes over with its
 * first snapshot. Grouped pictures need no owner, each is whole. Ordinary records carry no id.
 */
export class ProducerArbiter {
  readonly #silentAfterMs: number
  #producerId: string | null = null
  #lastCheckpointMs = Number.NEGATIVE_INFINITY

  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs
  }

  admits(frame: BookFrame, checkpoint: Checkpoint | null, timestampMs: number): boolean {
    if (checkpoint === null || frame.kind === 'picture') return true
    const isActive = this.#producerId === null || this.#producerId === checkpoint.producerId
    const isReplaceable = timestampMs - this.#lastCheckpointMs > this.#silentAfterMs
    if (!isActive && !(isReplaceable && frame.kind === 'snapshot')) return false
    this.#producerId = checkpoint.producerId
    this.#lastCheckpointMs = Math.max(timestampMs, isActive ? this.#lastCheckpointMs : 0)
    return true
  }
}
