import * as catalogue from '../catalogue.ts'
import type { MetricRegistry } from '../registry.ts'

/** Counters of tracing; all at 0 where it is off. */
export function createTracingMetrics(registry: MetricRegistry) {
  return {
    spans: registry.counter(catalogue.traceSpans).series({}),
    spansDropped: registry.counter(catalogue.traceSpansDropped).series({}),
    exportFailures: registry.counter(catalogue.traceExportFailures).series({}),
    slowSuppressed: registry.counter(catalogue.slowTracesSuppressed).series({}),
    sampledSuppressed: registry.counter(catalogue.sampledTracesSuppressed).series({}),
  }
}
