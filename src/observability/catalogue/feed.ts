import { counter, gauge, histogram } from '../definition.ts'
import { LAG_BUCKETS_SECONDS } from '../buckets.ts'

export const feedConnected = gauge({
  name: 'orderbook_feed_connected',
  unit: null,
  labels: {},
  help: 'Whether every connection to the exchange is open: 1 or 0.',
  side: 'producer',
})

export const feedConnects = counter({
  name: 'orderbook_feed_connects_total',
  unit: null,
  labels: {
    result: [
      'ok',
      'dns',
      'tls',
      'refused',
      'timeout',
      'http_429',
      'http_5xx',
      'http_other',
      'auth',
    ],
  },
  help: 'Attempts to connect to the exchange, by result.',
  side: 'producer',
})

export const feedDisconnects = counter({
  name: 'orderbook_feed_disconnects_total',
  unit: null,
  labels: {
    reason: [
      'close_4000',
      'server_close',
      'no_frames',
      'error',
      'maintenance',
      'rate_limited',
      'shutdown',
      'oversize',
    ],
  },
  help: 'Connections to the exchange that ended, by reason.',
  side: 'producer',
})

export const feedFrames = counter({
  name: 'orderbook_feed_frames_total',
  unit: null,
  labels: { kind: ['book', 'trades', 'state', 'heartbeat', 'response', 'other'] },
  help: 'Frames of the exchange that passed validation, by kind.',
  side: 'producer',
})

export const feedBytes = counter({
  name: 'orderbook_feed_bytes_total',
  unit: 'bytes',
  labels: {},
  help: 'Bytes of all frames received from the exchange.',
  side: 'producer',
})

export const feedInvalidFrames = counter({
  name: 'orderbook_feed_invalid_frames_total',
  unit: null,
  labels: { reason: ['json', 'schema', 'oversize', 'unknown_method', 'level'] },
  help: 'Frames of the exchange that were skipped because they could not be used.',
  side: 'producer',
})

export const feedLastFrameTimestamp = gauge({
  name: 'orderbook_feed_last_frame_timestamp_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Receipt of the last frame of any kind on the connection most behind, Unix time.',
  side: 'producer',
})

export const feedRoundTrip = histogram({
  name: 'orderbook_feed_round_trip_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Time from a request to its answer without the time that the exchange worked on it.',
  side: 'producer',
  buckets: LAG_BUCKETS_SECONDS,
})

export const feedClockOffset = gauge({
  name: 'orderbook_feed_clock_offset_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Clock of the exchange minus the local clock.',
  side: 'producer',
})

export const feedClockOffsetUncertainty = gauge({
  name: 'orderbook_feed_clock_offset_uncertainty_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Bound of the error of the clock offset: half the round trip it was measured with.',
  side: 'producer',
})

export const feedSubscriptions = gauge({
  name: 'orderbook_feed_subscriptions',
  unit: null,
  labels: { state: ['requested', 'acknowledged'] },
  help: 'Channels that are wanted, and those of them that the exchange acknowledged.',
  side: 'producer',
})

export const feedOldestProbeAge = gauge({
  name: 'orderbook_feed_oldest_probe_age_seconds',
  unit: 'seconds',
  labels: {},
  help: 'How long the quietest book has been due for a probe; 0 when none is due.',
  side: 'producer',
})

export const exchangeMaintenance = gauge({
  name: 'orderbook_exchange_maintenance',
  unit: null,
  labels: {},
  help: 'Whether the exchange says that it is in maintenance: 1 or 0.',
  side: 'producer',
})
