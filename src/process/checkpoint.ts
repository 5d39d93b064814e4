import type { RecordHeaders } from '../model/topic.ts'

/** What the headers of a checkpoint say. */
export interface Checkpoint {
  /** Receipt of the last frame of the connection that carries the instrument, epoch ms of the producer. */
  readonly verifiedAtMs: number
  /** Exchange time minus the producer's wall clock, ms; null while the producer does not know it. */
  readonly clockOffsetMs: number | null
  readonly clockUncertaintyMs: number | null
  /** The exchange's word for the instrument, or `maintenance`; null where the producer has none. */
  readonly instrumentState: string | null
  /** Random for each process. */
  readonly producerId: string
}

/** True where a record claims to be made by a producer and not by the exchange. */
export function isCheckpoint(headers: RecordHeaders | undefined): headers is RecordHeaders {
  return headers?.['kind'] === 'checkpoint'
}

/** Reads the headers of a checkpoint; null where they make no sense. */
export function parseCheckpoint(headers: RecordHeaders): Checkpoint | null {
  const verifiedAtMs = numberOf(headers['verified-at-ms'])
  const producerId = headers['producer-id']
  if (verifiedAtMs === null || producerId === undefined || producerId === '') return null
  return {
    verifiedAtMs,
    clockOffsetMs: numberOf(headers['clock-offset-ms']),
    clockUncertaintyMs: numberOf(headers['clock-uncertainty-ms']),
    instrumentState: headers['instrument-state'] ?? null,
    producerId,
  }
}

function numberOf(text: string | undefined): number | null {
  if (text === undefined || text === '') return null
  const value = Number(text)
  // Beyond what a double holds exactly no time makes sense, and sums of such could overflow.
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : null
}
