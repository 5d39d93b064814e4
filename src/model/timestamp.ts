/** September 2001: seconds of our days, taken for milliseconds, are before it, and so is no time at all. */
const EARLIEST_MS = 1_000_000_000_000
/** No wall clock is further ahead by mistake: a wrong time zone is at most 14 hours. */
const MAX_AHEAD_MS = 86_400_000

/**
 * Whether a number that a stranger calls a time can be one, epoch ms: -1, 0, seconds, microseconds and
 * NaN cannot. A wrong clock is no reason: what it makes of lags is clamped and counted as skew.
 */
export function isSoundTimestamp(timestampMs: number, nowMs: number): boolean {
  return timestampMs >= EARLIEST_MS && timestampMs <= nowMs + MAX_AHEAD_MS
}
