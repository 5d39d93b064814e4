import { counter } from '../definition.ts'

export const slowTracesSuppressed = counter({
  name: 'orderbook_slow_traces_suppressed_total',
  unit: null,
  labels: {},
  help: 'Updates slower than TRACE_SLOW_MS that got no trace, as five had one in that second. Normal: 0, it rises when everything is slow.',
  side: 'both',
})

export const followedTracesSuppressed = counter({
  name: 'orderbook_followed_traces_suppressed_total',
  unit: null,
  labels: {},
  help: 'Sampled records of the topic that got no spans here, as too many came in that second. Normal: 0.',
  side: 'both',
})

export const traceSpans = counter({
  name: 'orderbook_trace_spans_total',
  unit: null,
  labels: {},
  help: 'Spans made, whether exported or not. Normal: four for each update that is followed; 0 with sampling off and nothing slow.',
  side: 'both',
})

export const traceSpansDropped = counter({
  name: 'orderbook_trace_spans_dropped_total',
  unit: null,
  labels: {},
  help: 'Spans lost, as the queue to the exporter was full or their export failed. Normal: 0.',
  side: 'both',
})

export const traceExportFailures = counter({
  name: 'orderbook_trace_export_failures_total',
  unit: null,
  labels: {},
  help: 'Exports of spans that failed for good. Normal: 0.',
  side: 'both',
})
