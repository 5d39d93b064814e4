import * as catalogue from '../observability/catalogue/catalogue.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'

/**
 * Registers the counters and histograms of ingest. The frames counted are those that passed
 * validation: the delivery balance starts there.
 */
export function createIngestMetrics(registry: MetricRegistry) {
  const frames = registry.counter(catalogue.feedFrames)
  return {
    bookFrames: frames.series({ kind: 'book' }),
    tradesFrames: frames.series({ kind: 'trades' }),
    badLevels: registry.counter(catalogue.feedInvalidFrames).series({ reason: 'level' }),
    gaps: registry.counter(catalogue.gaps),
    silentResyncs: registry.counter(catalogue.resyncs).series({ reason: 'silent' }),
    clockSkewEvents: registry.counter(catalogue.clockSkewEvents).series({}),
    exchangeToReceive: registry
      .histogram(catalogue.pipelineLag)
      .series({ stage: 'exchange_to_receive' }),
  }
}

export type IngestMetrics = ReturnType<typeof createIngestMetrics>
