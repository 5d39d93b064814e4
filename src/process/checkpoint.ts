import type { BookFrame } from '../model/frames.ts'
import { isSoundTimestamp, type RecordHeaders, type TopicRecord } from '../model/topic.ts'

/** Contents of the headers of a checkpoint. */
export interface Checkpoint {
  /** Receipt of the last frame of the connection that carries the instrument, epoch ms of the producer. */
  readonly verifiedAtMs: number
  /**
   * Exchange time minus the producer's wall clock, ms; null while the producer does not know it, or
   * if it exceeds one day, which cannot be right.
   */
  readonly clockOffsetMs: number | null
  /** The exchange's status of the instrument, or `maintenance`; null if the producer has none. */
  readonly instrumentState: string | null
  /** Random per process. */
  readonly producerId: string
}

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

const MAX_CLOCK_OFFSET_MS = 86_400_000
/** Number format of producers; `Number` alone would also accept blanks and hexadecimal digits. */
const NUMBER = /^-?\d+(\.\d+)?$/

/** True for a record that claims to be made by a producer and not by the exchange. */
export function isCheckpoint(headers: RecordHeaders | undefined): headers is RecordHeaders {
  return headers?.['kind'] === 'checkpoint'
}

/** Why the headers of a checkpoint are invalid; values of the `reason` of invalid records. */
export type CheckpointProblem = 'schema' | 'timestamp'

/**
 * Parses the headers of a checkpoint, or returns the problem.
 * @param nowMs arrival of the record, wall clock: a verification far ahead of it is invalid
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

/**
 * @param most default: largest exact integer of a double; larger times are meaningless and sums
 *   could overflow
 */
function numberOf(text: string | undefined, most = Number.MAX_SAFE_INTEGER): number | null {
  if (text === undefined || !NUMBER.test(text)) return null
  const value = Number(text)
  return Math.abs(value) <= most ? value : null
}

/**
 * Decides which producer's checkpoints count in an incremental channel: those of the first one,
 * until none came from it for `silentAfterMs` by record timestamps. Then the next id takes over
 * with its first snapshot. Grouped snapshots need no active producer, each is complete. Ordinary
 * records carry no id.
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
