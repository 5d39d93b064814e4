import { counter, gauge, histogram, OPEN } from '../definition.ts'
import { LAG_BUCKETS_SECONDS } from '../buckets.ts'

export const buildInfo = gauge({
  name: 'orderbook_build_info',
  unit: null,
  labels: { version: OPEN, node: OPEN, role: ['all', 'producer', 'consumer'] },
  help: 'Version of the service and of Node.js, and the role, in the labels; the value is always 1.',
  side: 'both',
})

export const configInfo = gauge({
  name: 'orderbook_config_info',
  unit: null,
  labels: { hash: OPEN },
  help: 'Hash of the effective configuration without secrets, in the label; the value is always 1. Normal: alike in all processes of a role.',
  side: 'both',
})

export const scrapeDuration = gauge({
  name: 'orderbook_scrape_duration_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Time in seconds that collecting this very page took up to this line. Normal: below 0.02 s with 20 instruments, below 0.3 s with 3,000.',
  side: 'both',
})

export const httpRequestDuration = histogram({
  name: 'orderbook_http_request_duration_seconds',
  unit: 'seconds',
  labels: {
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'],
    route: OPEN,
    status: OPEN,
  },
  help: 'Time in seconds from the head of an HTTP request to the end of its answer, by route pattern. Normal: below 0.02 s; /metrics takes as long as its page.',
  side: 'both',
  buckets: LAG_BUCKETS_SECONDS,
})

export const labelSetsLeftOut = counter({
  name: 'orderbook_label_sets_left_out_total',
  unit: null,
  labels: { metric: OPEN },
  help: 'Times that a metric was asked for a new label set and had as many as it may have, so that it went on without. Normal: no series at all.',
  side: 'both',
})

export const streams = gauge({
  name: 'orderbook_streams',
  unit: null,
  labels: {},
  help: 'Clients that read the live stream now. Normal: as many as look at it, at most 500.',
  side: 'both',
})

export const streamEvictions = counter({
  name: 'orderbook_stream_evictions_total',
  unit: null,
  labels: {},
  help: 'Streams closed because their client did not take what was sent for 10 seconds. Normal: does not grow.',
  side: 'both',
})
