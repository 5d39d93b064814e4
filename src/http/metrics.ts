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
  /** Streams that are open now. */
  open: number
  readonly evictions: CounterSeries
}

/** Instruments of the HTTP server. */
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

/** The label of a method: the well-known ones by name, whatever else a client invents as `other`. */
export function methodLabel(method: string): Method {
  return isMethod(method) ? method : 'other'
}

function isMethod(method: string): method is Method {
  return METHODS.has(method)
}
