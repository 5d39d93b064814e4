import type { TopicRecord } from '../model/topic.ts'
import type { Instant } from './instant.ts'
import type { ProcessMetrics } from './metrics.ts'

/**
 * Observes how long an ordinary record took from its receipt at the producer to this consumer, and
 * from there to readable values. The first term spans two hosts and trusts that their wall clocks
 * agree; below zero it counts as 0.
 * @param now the moment from which the record's values can be read
 */
export function observeStageLag(
  record: TopicRecord,
  now: Instant,
  metrics: Pick<ProcessMetrics, 'receiveToConsume' | 'consumeToPublish' | 'receiveToPublish'>,
): void {
  const toConsumeMs = Math.max(0, record.arrivedTimeMs - record.timestampMs)
  const toPublishMs = now.monotonicMs - record.arrivedMonotonicMs
  metrics.receiveToConsume.observe(toConsumeMs / 1000)
  metrics.consumeToPublish.observe(toPublishMs / 1000)
  metrics.receiveToPublish.observe((toConsumeMs + toPublishMs) / 1000)
}
