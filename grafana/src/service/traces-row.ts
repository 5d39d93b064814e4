import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { rate } from '../parts/selector.ts'

/** Row: tracing. */
export const tracesRow: Row = {
  title: 'Traces',
  panels: [
    graph({
      title: 'Spans made and lost',
      what: 'Spans per second, those of them that were lost, and exports that failed for good.',
      normal: 'none lost; none at all while tracing is off.',
      act: 'exports fail: the collector or the network; lost without that: the queue is too small.',
      absent: 'No process is scraped',
      unit: 'cps',
      min: 0,
      queries: [
        query(`sum by (instance) (${rate(metric.traceSpans)})`, 'made, {{instance}}'),
        query(`sum by (instance) (${rate(metric.traceSpansDropped)})`, 'lost, {{instance}}'),
        query(
          `sum by (instance) (${rate(metric.traceExportFailures)})`,
          'exports failed, {{instance}}',
        ),
      ],
      runbooks: ['OrderBookTraceExportFailing'],
    }),
    graph({
      title: 'Suppressed traces',
      what: 'Slow updates above five a second and sampled records above 1,000 a second, which got no spans.',
      normal: 'none.',
      act: 'an outage makes all updates slow; many sampled records: another writer sets traceparent on each.',
      absent: 'No process is scraped',
      unit: 'cps',
      min: 0,
      queries: [
        query(`sum by (instance) (${rate(metric.slowTracesSuppressed)})`, 'slow, {{instance}}'),
        query(
          `sum by (instance) (${rate(metric.sampledTracesSuppressed)})`,
          'sampled, {{instance}}',
        ),
      ],
    }),
  ],
}
