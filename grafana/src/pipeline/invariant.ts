import { metric } from '../../../prometheus/src/metric-names.ts'
import { series } from '../parts/selector.ts'

/** Kinds of frames, with the default names of their topics. */
export const TOPICS = { book: 'prices', trades: 'trades' } as const

/** Terms of the delivery balance: the possible fates of a received frame. */
export function terms(kind: keyof typeof TOPICS) {
  const topic = `topic="${TOPICS[kind]}"`
  const sum = (selector: string) => `sum by (instance) (${selector})`
  return {
    received: sum(series(metric.feedFrames, `kind="${kind}"`)),
    acknowledged: sum(series(metric.producedRecords, topic, 'kind="frame"')),
    dropped: sum(series(metric.droppedRecords, topic)),
    waiting: sum(series(metric.producerQueueRecords, topic)),
    underWay: sum(series(metric.producerInFlightRecords, topic)),
  }
}

/**
 * Frames of each producer that are unaccounted for: the counters start together and are read together, so the
 * difference of their values is exact; a difference of rates would not be.
 */
export function unaccounted(kind: keyof typeof TOPICS): string {
  const { received, acknowledged, dropped, waiting, underWay } = terms(kind)
  return [received, acknowledged, dropped, waiting, underWay].join('\n-\n')
}
