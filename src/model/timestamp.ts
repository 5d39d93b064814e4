/** September 2001. Present times in seconds, read as milliseconds, are before it, as is 0. */
const EARLIEST_MS = 1_000_000_000_000
/** Largest plausible error of a wall clock ahead of ours: a wrong time zone is at most 14 hours. */
const MAX_AHEAD_MS = 86_400_000

/**
 * Whether an untrusted number is a plausible timestamp, epoch ms: -1, 0, seconds, microseconds and
 * NaN are not. A wrong clock is tolerated: its lags are clamped and counted as skew.
 */
export function isSoundTimestamp(timestampMs: number, nowMs: number): boolean {
  return timestampMs >= EARLIEST_MS && timestampMs <= nowMs + MAX_AHEAD_MS
}
