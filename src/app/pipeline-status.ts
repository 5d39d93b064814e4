import {
  CONSUMER_STAGES,
  type PipelineReader,
  PRODUCER_STAGES,
  type Role,
  type StageView,
} from '../model/pipeline.ts'
import { pipelineLag } from '../observability/catalogue/catalogue.ts'
import type { HistogramSeries } from '../observability/metrics/histogram.ts'
import { RecentHistograms } from '../observability/metrics/recent-quantiles.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'
import type { Clock } from '../time/clock.ts'
import type { ConsumerRole } from './consumer.ts'
import type { ProducerRole } from './producer.ts'

export interface Pipeline extends PipelineReader {
  start(): void
  stop(): void
}

export interface PipelineDeps {
  role: Role
  registry: MetricRegistry
  clock: Clock
  producing: ProducerRole | null
  consuming: ConsumerRole | null
}

/** Creates the reader for `/api/v1/pipeline`: the state of both roles of this process. */
export function createPipeline(deps: PipelineDeps): Pipeline {
  const { role, registry, clock, producing, consuming } = deps
  const lag = registry.histogram(pipelineLag)
  const stages = [
    ...(producing === null ? [] : PRODUCER_STAGES),
    ...(consuming === null ? [] : CONSUMER_STAGES),
  ]
  const series = new Map<string, HistogramSeries>(
    stages.map((stage) => [stage, lag.series({ stage })]),
  )
  const recent = new RecentHistograms(series, clock)
  return {
    start: () => recent.start(),
    stop: () => recent.stop(),
    refresh: () => consuming?.lag.refresh() ?? Promise.resolve(),
    read: () => ({
      role,
      feed:
        producing === null
          ? null
          : { ...producing.feed.health(), lastFrameTimeMs: producing.feed.lastFrameTimeMs() },
      clockOffset: producing?.feed.clockOffset() ?? null,
      stages: viewStages(recent),
      delivery: producing?.delivery() ?? null,
      topics: consuming?.consumer.topics() ?? null,
      partitions:
        consuming?.lag.read().map(({ topic, partition, records, seconds }) => ({
          topic,
          partition,
          lagRecords: records,
          lagSeconds: seconds,
        })) ?? null,
      rejectedRecords: consuming?.rejectedRecords.list() ?? null,
    }),
  }
}

function viewStages(recent: RecentHistograms): StageView[] {
  return [...recent.read()].map(([stage, { count, p50, p99, mean }]) => ({
    stage,
    count,
    p50Ms: toMs(p50),
    p99Ms: toMs(p99),
    meanMs: toMs(mean),
  }))
}

/** Converts to milliseconds, rounded to microseconds. */
function toMs(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 1e6) / 1000
}
