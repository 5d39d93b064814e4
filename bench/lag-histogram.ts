import { LAG_BUCKETS_SECONDS } from '../src/observability/buckets.ts'

/** Observations by bucket, not cumulative; the last is that of +Inf. Same bounds on both sides. */
export type BucketCounts = readonly number[]

/** What was observed between two readings. */
export function difference(after: BucketCounts, before: BucketCounts): number[] {
  return after.map((count, index) => count - (before[index] ?? 0))
}

/** Quantile in milliseconds, interpolated within its bucket as Prometheus does; NaN without observations. */
export function quantileMs(counts: BucketCounts, quantile: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const rank = quantile * total
  let below = 0
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const low = LAG_BUCKETS_SECONDS[index - 1] ?? 0
      const high = LAG_BUCKETS_SECONDS[index] ?? low
      return (low + ((high - low) * (rank - below)) / count) * 1000
    }
    below += count
  }
  return NaN
}
