import type { BookFrame } from '../model/frames.ts'
import { isSoundTimestamp } from '../model/timestamp.ts'
import type { RecordHeaders } from '../model/topic.ts'

/** What the headers of a checkpoint say. */
export interface Checkpoint {
  /** Receipt of the last frame of the connection that carries the instrument, epoch ms of the producer. */
  readonly verifiedAtMs: number
  /**
   * Exchange time minus the producer's wall clock, ms; null while the producer does not know it, and
   * where it is more than a day: ages made of it would be absurd.
   */
  readonly clockOffsetMs: number | null
  /** The exchange's status of the instrument, or `maintenance`; null where the producer has none. */
  readonly instrumentState: string | null
  /** Random for each process. */
  readonly producerId: string
}

const MAX_CLOCK_OFFSET_MS = 86_400_000
/** As producers write them: `Number` takes blanks and hexadecimal digits too. */
const NUMBER = /^-?\d+(\.\d+)?$/

/** True where a record claims to be made by a producer and not by the exchange. */
export function isCheckpoint(headers: RecordHeaders | undefined): headers is RecordHeaders {
  return headers?.['kind'] === 'checkpoint'
}

/** Why the headers of a checkpoint make no sense; the words are reasons of invalid records. */
export type CheckpointProblem = 'schema' | 'timestamp'

/**
 * Reads the headers of a checkpoint, or says what is wrong with them.
 * @param nowMs arrival of the record, wall clock: no verification is far ahead of it
 */
export function parseCheckpoint(
  headers: RecordHeaders,
  nowMs: number,
): Checkpoint | CheckpointProblem {
  const verifiedAtMs = numberOf(headers['verified-at-ms'])
  const producerId = headers['producer-id']
  if (headers['verified-at-ms'] === undefined || producerId === undefined || producerId === '') {
    return 'schema'
  }
  if (verifiedAtMs === null || !isSoundTimestamp(verifiedAtMs, nowMs)) return 'timestamp'
  return {
    verifiedAtMs,
    clockOffsetMs: numberOf(headers['clock-offset-ms'], MAX_CLOCK_OFFSET_MS),
    instrumentState: headers['instrument-state'] ?? null,
    producerId,
  }
}

/** @param most default: beyond what a double holds exactly no time makes sense, and sums could overflow */
function numberOf(text: string | undefined, most = Number.MAX_SAFE_INTEGER): number | null {
  if (text === undefined || !NUMBER.test(text)) return null
  const value = Number(text)
  return Math.abs(value) <= most ? value : null
}

/**
 * Which producer's checkpoints count in an incremental channel: that of the first one, until none of
 * its own has come for `silentAfterMs` by record timestamps; then the next id takes over with its
 * first snapshot. Grouped snapshots need no owner, each is whole. Ordinary records carry no id.
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
