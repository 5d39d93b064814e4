import type { FeedHealth } from '../model/feed.ts'
import type { CheckResult, HealthCheck } from '../model/pipeline.ts'
import type { Clock } from '../time/clock.ts'

/** Entries of INSTRUMENTS that a detail lists. */
const MAX_LISTED = 10

export interface FeedCheckOptions {
  readonly staleAfterMs: number
  /** INSTRUMENTS as configured. */
  readonly instruments: readonly string[]
  /** Whether other producers have the other shards: then this one may have no instrument. */
  readonly isShard: boolean
}

/**
 * Creates the readiness check of the feed: connected, a frame of any kind within `staleAfterMs`, and a book of a
 * wanted instrument subscribed.
 */
export function createFeedCheck(
  feed: { health(): FeedHealth },
  options: FeedCheckOptions,
  clock: Clock,
): HealthCheck {
  return {
    name: 'feed',
    check() {
      const health = feed.health()
      const { isConnected, lastFrameMonotonicMs, problem } = health
      if (!isConnected) return { isPassing: false, detail: problem ?? 'not connected' }
      const silentMs = clock.monotonicMs() - (lastFrameMonotonicMs ?? Number.NEGATIVE_INFINITY)
      if (silentMs > options.staleAfterMs) {
        return { isPassing: false, detail: `no frame for ${options.staleAfterMs} ms` }
      }
      return checkChannels(health, options)
    },
  }
}

function checkChannels(
  health: FeedHealth,
  { instruments, isShard }: FeedCheckOptions,
): CheckResult {
  const { missingChannels, suspendedChannels, wantedCount, hasBook } = health
  const missing =
    missingChannels.length === 0 ? [] : [`not acknowledged: ${missingChannels.join(', ')}`]
  const names = suspendedChannels.map(({ channel, reason }) => `${channel} (${reason})`)
  const suspended = names.length === 0 ? [] : [`suspended: ${names.join(', ')}`]
  if (hasBook || (isShard && wantedCount === 0)) {
    const parts = [...missing, ...suspended]
    return { isPassing: true, detail: parts.length === 0 ? null : parts.join('; ') }
  }
  const listed = instruments.slice(0, MAX_LISTED).join(',')
  const wanted = instruments.length > MAX_LISTED ? `${listed},...` : listed
  const none = `no book is subscribed (INSTRUMENTS=${wanted})`
  return { isPassing: false, detail: [none, ...missing, ...suspended].join('; ') }
}
