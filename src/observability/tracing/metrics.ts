import * as catalogue from '../catalogue.ts'
import type { MetricRegistry } from '../registry.ts'

/** Counters of tracing; all at 0 where it is off. */
export function createTracingMetrics(registry: MetricRegistry) {
  return {
    spans: registry.counter(catalogue.traceSpans).cell({}),
    spansDropped: registry.counter(catalogue.traceSpansDropped).cell({}),
    exportFailures: registry.counter(catalogue.traceExportFailures).cell({}),
    slowSuppressed: registry.counter(catalogue.slowTracesSuppressed).cell({}),
    followedSuppressed: registry.counter(catalogue.followedTracesSuppressed).cell({}),
  }
}
