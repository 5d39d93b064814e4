import type { OffsetEstimate } from './feed.ts'
import type { InstrumentStatus } from './status.ts'
import { isPlausibleTimestamp, type RecordHeaders } from './topic.ts'

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
  /** Whether the producer has stopped writing the instrument: this is its last record. */
  readonly isLast: boolean
}

/** What a producer states in a checkpoint. */
export interface CheckpointStatement {
  readonly verifiedAtMs: number
  readonly producerId: string
  /** null while the producer does not know it. */
  readonly clockOffset: OffsetEstimate | null
  readonly instrumentState: InstrumentStatus | null
  /** Whether the producer stops with this record. */
  readonly isLast: boolean
}

/** Returns the headers of a checkpoint; `parseCheckpoint` reads them. */
export function checkpointHeaders(statement: CheckpointStatement): RecordHeaders {
  const { verifiedAtMs, producerId, clockOffset, instrumentState, isLast } = statement
  return {
    kind: 'checkpoint',
    'verified-at-ms': String(verifiedAtMs),
    'producer-id': producerId,
    ...(clockOffset === null
      ? {}
      : {
          'clock-offset-ms': clockOffset.offsetMs.toFixed(3),
          'clock-uncertainty-ms': clockOffset.uncertaintyMs.toFixed(3),
        }),
    ...(instrumentState === null ? {} : { 'instrument-state': instrumentState }),
    ...(isLast ? { 'producer-stopped': 'true' } : {}),
  }
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
 * Parses the headers of a checkpoint, or returns the problem. Other producers may have written them.
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
  if (verifiedAtMs === null || !isPlausibleTimestamp(verifiedAtMs, nowMs)) return 'timestamp'
  return {
    verifiedAtMs,
    clockOffsetMs: numberOf(headers['clock-offset-ms'], MAX_CLOCK_OFFSET_MS),
    instrumentState: headers['instrument-state'] ?? null,
    producerId,
    isLast: headers['producer-stopped'] === 'true',
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
