import type { FeedHealth } from '../model/feed.ts'
import type { HealthCheck } from '../model/pipeline.ts'
import type { Clock } from '../time/clock.ts'

/** Creates the readiness check of the feed: connected, and a frame of any kind within `staleAfterMs`. */
export function createFeedCheck(
  feed: { health(): FeedHealth },
  options: { staleAfterMs: number },
  clock: Clock,
): HealthCheck {
  return {
    name: 'feed',
    check() {
      const { isConnected, lastFrameMonotonicMs, problem, missingChannels, suspendedChannels } =
        feed.health()
      if (!isConnected) return { isPassing: false, detail: problem ?? 'not connected' }
      const silentMs = clock.monotonicMs() - (lastFrameMonotonicMs ?? Number.NEGATIVE_INFINITY)
      if (silentMs > options.staleAfterMs) {
        return { isPassing: false, detail: `no frame for ${options.staleAfterMs} ms` }
      }
      const missing =
        missingChannels.length === 0 ? [] : [`not acknowledged: ${missingChannels.join(', ')}`]
      const names = suspendedChannels.map(({ channel, reason }) => `${channel} (${reason})`)
      const suspended = names.length === 0 ? [] : [`suspended: ${names.join(', ')}`]
      const parts = [...missing, ...suspended]
      return { isPassing: true, detail: parts.length === 0 ? null : parts.join('; ') }
    },
  }
}
