import { metric } from '../../../prometheus/src/metric-names.ts'
import { series } from '../parts/selector.ts'

/** Kinds of frames that are written to topics, with the default names of these. */
export const TOPICS = { book: 'prices', trades: 'trades' } as const

/** Terms of the invariant: where a frame can be once it was received. */
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
 * Frames of each producer that are nowhere: the counters start together and are read together, so the
 * difference of their plain values is exact, where one of rates would be a guess.
 */
export function unaccounted(kind: keyof typeof TOPICS): string {
  const { received, acknowledged, dropped, waiting, underWay } = terms(kind)
  return [received, acknowledged, dropped, waiting, underWay].join('\n-\n')
}
