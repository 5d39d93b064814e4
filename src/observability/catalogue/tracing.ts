import { counter } from './definition.ts'

export const slowTracesSuppressed = counter({
  name: 'orderbook_slow_traces_suppressed_total',
  unit: null,
  labels: {},
  help: 'Updates slower than TRACE_SLOW_MS that the rate limit left without a trace.',
  normal: '0; rises when most updates are slow',
  role: 'both',
})

export const sampledTracesSuppressed = counter({
  name: 'orderbook_sampled_traces_suppressed_total',
  unit: null,
  labels: {},
  help: 'Sampled records of the topic that the rate limit left without spans.',
  normal: '0',
  role: 'both',
})

export const traceSpans = counter({
  name: 'orderbook_trace_spans_total',
  unit: null,
  labels: {},
  help: 'Spans created, exported or not.',
  normal: 'four per sampled update',
  role: 'both',
})

export const traceSpansDropped = counter({
  name: 'orderbook_trace_spans_dropped_total',
  unit: null,
  labels: {},
  help: 'Spans lost because the export queue was full or the export failed.',
  normal: '0',
  role: 'both',
})

export const traceExportFailures = counter({
  name: 'orderbook_trace_export_failures_total',
  unit: null,
  labels: {},
  help: 'Exports of spans that failed after all retries.',
  normal: '0',
  role: 'both',
})
