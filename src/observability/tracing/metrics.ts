import * as catalogue from '../catalogue/catalogue.ts'
import type { MetricRegistry } from '../metrics/registry.ts'

/** Registers the counters of tracing; all stay at 0 while tracing is off. */
export function createTracingMetrics(registry: MetricRegistry) {
  return {
    spans: registry.counter(catalogue.traceSpans).series({}),
    spansDropped: registry.counter(catalogue.traceSpansDropped).series({}),
    exportFailures: registry.counter(catalogue.traceExportFailures).series({}),
    slowSuppressed: registry.counter(catalogue.slowTracesSuppressed).series({}),
    sampledSuppressed: registry.counter(catalogue.sampledTracesSuppressed).series({}),
  }
}
