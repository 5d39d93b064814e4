/**
 * Quantile of observations by bucket, interpolated within its bucket as Prometheus does; above the
 * last bound it is that bound. null without an observation.
 * @param counts not cumulative; the last one is that of +Inf
 * @param bounds upper bounds, ascending, without +Inf
 */
export function quantileOf(
  counts: ArrayLike<number> & Iterable<number>,
  bounds: readonly number[],
  quantile: number,
): number | null {
  let total = 0
  for (const count of counts) total += count
  const rank = quantile * total
  let below = 0
  for (let index = 0; index < counts.length; index += 1) {
    const count = counts[index] ?? 0
    if (count > 0 && below + count >= rank) {
      const low = bounds[index - 1] ?? 0
      const high = bounds[index] ?? low
      return low + ((high - low) * (rank - below)) / count
    }
    below += count
  }
  return null
}
