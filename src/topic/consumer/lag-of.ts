import type { PartitionLag } from '../metrics.ts'
import type { OwnedPartition } from './assignment.ts'

/** End offsets of a topic, with the state of the process at the request. */
export interface EndsReading {
  /** Next offset of each partition. */
  readonly ends: ReadonlyMap<number, bigint>
  /** Next offset to process of each partition, at the time of the request. */
  readonly positions: ReadonlyMap<number, bigint>
  readonly askedMonotonicMs: number
  readonly answeredMonotonicMs: number
}

export interface LagInstant {
  readonly wallMs: number
  readonly monotonicMs: number
  /** Whether the end offsets are recent enough to give a lag in records. */
  readonly isKnown: boolean
  /** Whether they are so recent that records written since are no backlog. */
  readonly isFresh: boolean
}

/**
 * Computes the lag of a partition at a given time. A late answer is compared with the position at
 * its request, because the process has since processed everything it had fetched and would seem to
 * be at the end. The lag in seconds stays known without the broker while records are known to wait.
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
  // Records of an open transaction are beyond the last stable offset; only fetches show them.
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
 * Age of the oldest waiting record, in seconds. Bounded by the last processed record and by the
 * newest time up to which everything was processed. Null while neither is known.
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
