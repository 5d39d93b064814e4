import { counter, gauge, histogram } from '../definition.ts'
import { LAG_BUCKETS_SECONDS } from '../buckets.ts'

export const feedConnected = gauge({
  name: 'orderbook_feed_connected',
  unit: null,
  labels: {},
  help: 'Whether every connection to the exchange is open: 1 or 0. Normal: 1, with 0 for some seconds around the disconnects of the exchange.',
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
  help: 'Attempts to connect to the exchange, by result. Normal: ok rises by one for each connection at the start, and rarely after it.',
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
  help: 'Connections to the exchange that ended, by reason. Normal: a few a week.',
  side: 'producer',
})

export const feedFrames = counter({
  name: 'orderbook_feed_frames_total',
  unit: null,
  labels: { kind: ['book', 'trades', 'state', 'heartbeat', 'response', 'other'] },
  help: 'Frames of the exchange that passed validation, by kind. Normal: book rises all the time; other stays at 0.',
  side: 'producer',
})

export const feedBytes = counter({
  name: 'orderbook_feed_bytes_total',
  unit: 'bytes',
  labels: {},
  help: 'Bytes of all frames received from the exchange. Normal: some hundred for each frame.',
  side: 'producer',
})

export const feedInvalidFrames = counter({
  name: 'orderbook_feed_invalid_frames_total',
  unit: null,
  labels: { reason: ['json', 'schema', 'oversize', 'unknown_method', 'level'] },
  help: 'Frames of the exchange that were skipped because they could not be used, by reason. Normal: 0.',
  side: 'producer',
})

export const feedLastFrameTimestamp = gauge({
  name: 'orderbook_feed_last_frame_timestamp_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Receipt of the last frame of any kind on the connection most behind, Unix time in seconds. Normal: its age is below 10 s, as heartbeats come when nothing else does.',
  side: 'producer',
})

export const feedRoundTrip = histogram({
  name: 'orderbook_feed_round_trip_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Time from a request to its answer in seconds, without the time that the exchange worked on it. Normal: the way there and back, 0.2 s from afar and below 0.01 s beside it.',
  side: 'producer',
  buckets: LAG_BUCKETS_SECONDS,
})

export const feedClockOffset = gauge({
  name: 'orderbook_feed_clock_offset_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Clock of the exchange minus the local clock, in seconds. Normal: below 0.05 s either way where the local clock is kept by NTP.',
  side: 'producer',
})

export const feedClockOffsetUncertainty = gauge({
  name: 'orderbook_feed_clock_offset_uncertainty_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Bound of the error of the clock offset in seconds: half the round trip it was measured with. Normal: half of the shortest round trip.',
  side: 'producer',
})

export const feedSubscriptions = gauge({
  name: 'orderbook_feed_subscriptions',
  unit: null,
  labels: { state: ['requested', 'acknowledged', 'suspended', 'refused'] },
  help: 'Channels asked for, those of them acknowledged, and those not asked for at present: unusable (suspended) or refused by the exchange. Normal: the first two alike, suspended 0.',
  side: 'producer',
})

export const feedOldestProbeAge = gauge({
  name: 'orderbook_feed_oldest_probe_age_seconds',
  unit: 'seconds',
  labels: {},
  help: 'How long the quietest book has been due for a probe of its picture, in seconds; 0 when none is due. Normal: below 15 s.',
  side: 'producer',
})

export const exchangeMaintenance = gauge({
  name: 'orderbook_exchange_maintenance',
  unit: null,
  labels: {},
  help: 'Whether the exchange says that it is in maintenance: 1 or 0. Normal: 0.',
  side: 'producer',
})
