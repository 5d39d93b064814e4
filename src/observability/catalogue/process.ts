import { gauge, histogram, OPEN } from '../definition.ts'
import { LAG_BUCKETS_SECONDS } from '../buckets.ts'

export const buildInfo = gauge({
  name: 'orderbook_build_info',
  unit: null,
  labels: { version: OPEN, node: OPEN, role: ['all', 'producer', 'consumer'] },
  help: 'Version of the service and of Node.js, and the role; the value is always 1.',
  side: 'both',
})

export const configInfo = gauge({
  name: 'orderbook_config_info',
  unit: null,
  labels: { hash: OPEN },
  help: 'Hash of the effective configuration without secrets; the value is always 1.',
  side: 'both',
})

export const scrapeDuration = gauge({
  name: 'orderbook_scrape_duration_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Time that collecting this very page took up to this line.',
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
  help: 'Time from the head of an HTTP request to the end of its answer, by route pattern.',
  side: 'both',
  buckets: LAG_BUCKETS_SECONDS,
})
