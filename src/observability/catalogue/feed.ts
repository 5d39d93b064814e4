import { counter, gauge, histogram } from './definition.ts'
import { LAG_BUCKETS_SECONDS } from './histogram-buckets.ts'

export const feedConnected = gauge({
  name: 'orderbook_feed_connected',
  unit: null,
  labels: {},
  help: '1 while every connection to the exchange is open, else 0.',
  normal: '1; 0 for seconds after a disconnect',
  role: 'producer',
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
  normal: '`ok` rises once per connection at the start and rarely afterwards',
  role: 'producer',
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
  help: 'Closed connections to the exchange, by reason.',
  normal: 'a few per week',
  role: 'producer',
})

export const feedFrames = counter({
  name: 'orderbook_feed_frames_total',
  unit: null,
  labels: { kind: ['book', 'trades', 'state', 'heartbeat', 'response', 'other'] },
  help: 'Frames from the exchange that passed validation, by kind.',
  normal: '`book` rises constantly; `other` stays 0',
  role: 'producer',
})

export const feedBytes = counter({
  name: 'orderbook_feed_bytes_total',
  unit: 'bytes',
  labels: {},
  help: 'Bytes of all frames received from the exchange.',
  normal: 'some hundred bytes per frame',
  role: 'producer',
})

export const feedInvalidFrames = counter({
  name: 'orderbook_feed_invalid_frames_total',
  unit: null,
  labels: { reason: ['json', 'schema', 'oversize', 'unknown_method', 'level'] },
  help: 'Frames from the exchange that failed validation and were skipped, by reason.',
  normal: '0',
  role: 'producer',
})

export const feedLastFrameTimestamp = gauge({
  name: 'orderbook_feed_last_frame_timestamp_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Unix time of the last frame, on the connection where it is oldest.',
  normal: 'age below 10 s, as heartbeats fill pauses',
  role: 'producer',
})

export const feedRoundTrip = histogram({
  name: 'orderbook_feed_round_trip_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Round-trip time of requests to the exchange, without its processing time.',
  normal: 'below 0.01 s near the exchange, 0.2 s from another continent',
  role: 'producer',
  buckets: LAG_BUCKETS_SECONDS,
})

export const feedClockOffset = gauge({
  name: 'orderbook_feed_clock_offset_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Clock of the exchange minus the local clock.',
  normal: 'within 0.05 s of 0 with NTP',
  role: 'producer',
})

export const feedClockOffsetUncertainty = gauge({
  name: 'orderbook_feed_clock_offset_uncertainty_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Maximum error of the clock offset: half the round trip of its measurement.',
  normal: 'half of the shortest round trip',
  role: 'producer',
})

export const feedSubscriptions = gauge({
  name: 'orderbook_feed_subscriptions',
  unit: null,
  labels: { state: ['requested', 'acknowledged', 'suspended', 'refused'] },
  help: 'Channels requested, acknowledged, suspended because unusable, and refused by the exchange.',
  normal: '`requested` equals `acknowledged`; `suspended` 0',
  role: 'producer',
})

export const feedOldestProbeAge = gauge({
  name: 'orderbook_feed_oldest_probe_age_seconds',
  unit: 'seconds',
  labels: {},
  help: 'How long the most overdue probe of a quiet book has waited; 0 if none.',
  normal: 'below 15 s',
  role: 'producer',
})

export const exchangeMaintenance = gauge({
  name: 'orderbook_exchange_maintenance',
  unit: null,
  labels: {},
  help: '1 while the exchange reports maintenance, else 0.',
  normal: '0',
  role: 'producer',
})
