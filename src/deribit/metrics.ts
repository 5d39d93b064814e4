import type { FeedHealth, OffsetEstimate } from '../model/feed.ts'
import type { InstrumentInfo } from '../model/status.ts'
import * as catalogue from '../observability/catalogue/catalogue.ts'
import { type Detail, isFullDetail } from '../observability/metrics/collector.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'

/** Creates the counters of the feed. */
export function createFeedMetrics(registry: MetricRegistry) {
  return {
    connects: registry.counter(catalogue.feedConnects),
    disconnects: registry.counter(catalogue.feedDisconnects),
    frames: registry.counter(catalogue.feedFrames),
    bytes: registry.counter(catalogue.feedBytes).series({}),
    roundTrip: registry.histogram(catalogue.feedRoundTrip).series({}),
    resyncs: registry.counter(catalogue.resyncs),
    invalidFrames: registry.counter(catalogue.feedInvalidFrames),
  }
}

export type FeedMetrics = ReturnType<typeof createFeedMetrics>

export interface FeedGaugeSource {
  health(): FeedHealth
  /** Receipt time of the newest frame on the connection that is most behind, epoch ms; null before any. */
  lastFrameTimeMs(): number | null
  clockOffset(): OffsetEstimate | null
  oldestProbeAgeMs(): number
  isMaintenance(): boolean
  /** Number of wanted instruments within the limit; null while the lists of a selector are unknown. */
  expectedCount(): number | null
  instruments(): readonly InstrumentInfo[]
}

export interface ExposeFeedOptions {
  detail: Detail
  /** Index and number of the shards, as written in PRODUCER_SHARD: `0/1`. */
  shard: string
}

/** Exposes the gauges that are read from the feed at each scrape. */
export function exposeFeed(
  registry: MetricRegistry,
  feed: FeedGaugeSource,
  options: ExposeFeedOptions,
): void {
  registry.gauge(catalogue.feedConnected, () => [
    { labels: {}, value: feed.health().isConnected ? 1 : 0 },
  ])
  registry.gauge(catalogue.feedSubscriptions, () => {
    const { requestedChannels, acknowledgedChannels, suspendedCount, refusedCount } = feed.health()
    return [
      { labels: { state: 'requested' }, value: requestedChannels },
      { labels: { state: 'acknowledged' }, value: acknowledgedChannels },
      { labels: { state: 'suspended' }, value: suspendedCount },
      { labels: { state: 'refused' }, value: refusedCount },
    ]
  })
  registry.gauge(catalogue.feedLastFrameTimestamp, () => {
    const timeMs = feed.lastFrameTimeMs()
    return timeMs === null ? [] : [{ labels: {}, value: timeMs / 1000 }]
  })
  registry.gauge(catalogue.feedClockOffset, () => {
    const offset = feed.clockOffset()
    return offset === null ? [] : [{ labels: {}, value: offset.offsetMs / 1000 }]
  })
  registry.gauge(catalogue.feedClockOffsetUncertainty, () => {
    const offset = feed.clockOffset()
    return offset === null ? [] : [{ labels: {}, value: offset.uncertaintyMs / 1000 }]
  })
  registry.gauge(catalogue.feedOldestProbeAge, () => [
    { labels: {}, value: feed.oldestProbeAgeMs() / 1000 },
  ])
  registry.gauge(catalogue.exchangeMaintenance, () => [
    { labels: {}, value: feed.isMaintenance() ? 1 : 0 },
  ])
  const [shard = '', shards = ''] = options.shard.split('/')
  registry.gauge(catalogue.instrumentsExpected, () => {
    const count = feed.expectedCount()
    return count === null ? [] : [{ labels: { shard, shards }, value: count }]
  })
  registry.gauge(catalogue.instrumentInfo, () => feed.instruments().map(toInfoSample))
  registry.gauge(catalogue.tickSize, () => {
    const infos = feed.instruments()
    if (!isFullDetail(options.detail, infos.length)) return []
    return infos.map(({ instrument, tickSize }) => ({ labels: { instrument }, value: tickSize }))
  })
}

function toInfoSample(info: InstrumentInfo) {
  const { instrument, kind, baseCurrency: base, quoteCurrency: quote, tickSize } = info
  const tick = String(tickSize)
  return {
    labels: { instrument, kind, base, quote, amount_unit: info.amountUnit, tick_size: tick },
    value: 1,
  }
}
