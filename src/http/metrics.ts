import {
  httpRequestDuration,
  streamEvictions,
  streams,
} from '../observability/catalogue/catalogue.ts'
import type { LabelsOf } from '../observability/catalogue/definition.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'
import type { CounterSeries } from '../observability/metrics/series.ts'

type Method = LabelsOf<typeof httpRequestDuration.labels>['method']

export interface StreamMetrics {
  /** Number of open streams. */
  open: number
  readonly evictions: CounterSeries
}

/** Creates the metrics of the HTTP server. */
export function createHttpMetrics(registry: MetricRegistry) {
  const streamMetrics: StreamMetrics = {
    open: 0,
    evictions: registry.counter(streamEvictions).series({}),
  }
  registry.gauge(streams, () => [{ labels: {}, value: streamMetrics.open }])
  return { requestDuration: registry.histogram(httpRequestDuration), streams: streamMetrics }
}

export type HttpMetrics = ReturnType<typeof createHttpMetrics>

const METHODS: ReadonlySet<string> = new Set(httpRequestDuration.labels.method)

/** Returns the label of a method. Unknown methods are `other`, so that clients cannot add series. */
export function methodLabel(method: string): Method {
  return isMethod(method) ? method : 'other'
}

function isMethod(method: string): method is Method {
  return METHODS.has(method)
}
