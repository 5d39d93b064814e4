import { ROLES } from '../../model/pipeline.ts'
import { counter, gauge, histogram, OPEN } from './definition.ts'
import { LAG_BUCKETS_SECONDS } from './histogram-buckets.ts'

export const buildInfo = gauge({
  name: 'orderbook_build_info',
  unit: null,
  labels: { version: OPEN, node: OPEN, role: ROLES },
  help: 'Version of the service and of Node.js, and the role; always 1.',
  role: 'both',
})

export const configInfo = gauge({
  name: 'orderbook_config_info',
  unit: null,
  labels: { hash: OPEN },
  help: 'Hash of the effective configuration without secrets; always 1.',
  normal: 'the same in all processes of a role',
  role: 'both',
})

export const scrapeDuration = gauge({
  name: 'orderbook_scrape_duration_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Time to collect this exposition, up to this series.',
  normal: 'below 0.02 s at 20 instruments, below 0.3 s at 3,000',
  role: 'both',
})

export const httpRequestDuration = histogram({
  name: 'orderbook_http_request_duration_seconds',
  unit: 'seconds',
  labels: {
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'],
    route: OPEN,
    status: OPEN,
  },
  help: 'Duration of HTTP requests, by route pattern.',
  normal: 'below 0.02 s; `/metrics` takes as long as its exposition',
  role: 'both',
  buckets: LAG_BUCKETS_SECONDS,
})

export const labelSetsDropped = counter({
  name: 'orderbook_label_sets_dropped_total',
  unit: null,
  labels: { metric: OPEN },
  help: 'Label sets dropped because a metric reached its series limit.',
  normal: 'no series',
  role: 'both',
})

export const streams = gauge({
  name: 'orderbook_streams',
  unit: null,
  labels: {},
  help: 'Open streams of clients.',
  normal: 'at most 500',
  role: 'both',
})

export const streamEvictions = counter({
  name: 'orderbook_stream_evictions_total',
  unit: null,
  labels: {},
  help: 'Streams closed because the client did not read for 10 seconds.',
  normal: 'constant',
  role: 'both',
})
