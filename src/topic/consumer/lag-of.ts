import type { PartitionLag } from '../metrics.ts'
import type { OwnedPartition } from './assignment.ts'

/** End offsets of a topic, and what the process knew when it asked for them. */
export interface EndsReading {
  /** Offset that the next record of each partition gets. */
  readonly ends: ReadonlyMap<number, bigint>
  /** Next offset to process of each partition, when the ends were asked for. */
  readonly positions: ReadonlyMap<number, bigint>
  readonly askedMonotonicMs: number
  readonly answeredMonotonicMs: number
}

export interface LagInstant {
  readonly wallMs: number
  readonly monotonicMs: number
  /** Whether the ends were read recently enough to say how many records there are. */
  readonly isKnown: boolean
  /** Whether they were asked for so recently that what came since is no backlog. */
  readonly isFresh: boolean
}

/**
 * The lag of a partition at a moment. A late answer is compared with the position at the time of its
 * request: the process has processed what it had fetched by then, and would find itself at the end.
 * Seconds stay known without the broker while there are records that are known to wait.
 */
export function lagOf(
  state: OwnedPartition,
  reading: EndsReading | undefined,
  instant: LagInstant,
): PartitionLag {
  const { topic, partition, next, highWatermark } = state
  const stableEnd = reading?.ends.get(partition)
  const unknown = { topic, partition, records: null, seconds: null }
  if (reading === undefined || stableEnd === undefined || next === null) return unknown
  // Records that wait for the end of a transaction are behind the stable end, and only fetches show them.
  const end = stableEnd > highWatermark ? stableEnd : highWatermark
  const { isKnown, isFresh } = instant
  const isBehind = next < end
  if (!isKnown && !isBehind) return unknown
  const position = isFresh ? next : (reading.positions.get(partition) ?? next)
  const waiting = end > position ? Number(end - position) : 0
  const records = isKnown ? waiting : null
  if (isFresh && !isBehind) return { topic, partition, records, seconds: 0 }
  const reachedMonotonicMs = isBehind ? null : reading.askedMonotonicMs
  return { topic, partition, records, seconds: waitingSeconds(state, reachedMonotonicMs, instant) }
}

/**
 * The age of the oldest record that may wait: it is not older than the last one that was processed, nor
 * than the newest moment up to which everything is known to have been. Null while neither is known.
 */
function waitingSeconds(
  { lastTimestampMs, readToEndMonotonicMs }: OwnedPartition,
  reachedMonotonicMs: number | null,
  { wallMs, monotonicMs }: LagInstant,
): number | null {
  const ages = [
    ...(lastTimestampMs === null ? [] : [wallMs - lastTimestampMs]),
    ...(readToEndMonotonicMs === null ? [] : [monotonicMs - readToEndMonotonicMs]),
    ...(reachedMonotonicMs === null ? [] : [monotonicMs - reachedMonotonicMs]),
  ]
  return ages.length === 0 ? null : Math.max(0, Math.min(...ages)) / 1000
}
