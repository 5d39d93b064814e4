import { LAG_BUCKETS_SECONDS } from '../src/observability/catalogue/histogram-buckets.ts'
import { quantileOf } from '../src/observability/metrics/recent-quantiles.ts'

/** Observations per bucket, not cumulative; the last one is +Inf. Same bounds for all subjects. */
export type BucketCounts = readonly number[]

/** Observations between two readings. */
export function difference(after: BucketCounts, before: BucketCounts): number[] {
  return after.map((count, index) => count - (before[index] ?? 0))
}

/** Quantile in milliseconds; NaN without observations. */
export function quantileMs(counts: BucketCounts, quantile: number): number {
  return (quantileOf(counts, LAG_BUCKETS_SECONDS, quantile) ?? NaN) * 1000
}
