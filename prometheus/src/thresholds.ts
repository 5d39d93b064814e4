/**
 * Thresholds of all alerts, also drawn by the dashboards. Change one here, then run
 * `npm run ops:generate` and update prometheus/tests.
 */
export const THRESHOLDS = {
  /** A book that was not verified for this long has no values: the default of STALE_AFTER_MS. */
  staleSeconds: 5,
  /** Share of the expected books that may be missing before it pages. */
  missingShare: 0.05,
  /** Up to this many expected books, each pages by name. */
  fewBooks: 20,
  /** Share of the scrapes of 5 minutes that must succeed. */
  scrapesOk: 0.9,
  /** Starts of a process within 15 minutes. */
  restarts: 3,
  /** Invalid frames within five minutes, per reason. */
  invalidFrames: 10,
  /** Time for which a probe may be overdue. */
  probeAgeSeconds: 120,
  /** Changes of the assignment of a consumer within ten minutes. */
  rebalances: 10,
  /** Consumers replaced within fifteen minutes, per reason. */
  consumerRestarts: 3,
  /** Frames of trades within an hour, above which ten minutes without any are no quiet market. */
  busyTrades: 240,
  /** Failed exports of spans within ten minutes. */
  traceExportFailures: 3,
  /** Smallest delay from producer to consumer that clocks in step can have. */
  delayFloorMinSeconds: -0.05,
  /** Largest smallest delay of five minutes; below the lag objective. */
  delayFloorMaxSeconds: 0.25,
  /** Share of a minute in which a book may be crossed, locked or otherwise invalid. */
  invalidRatio: 0.25,
  /** Lag objective from receipt to readable values; must be a bucket bound of the histogram. */
  lagSeconds: 0.5,
  /** Median lag from the exchange's timestamp to receipt. */
  exchangeLagSeconds: 0.5,
  /** The default of MAX_RECORD_AGE_MS: older records are not published as current. */
  consumerLagSeconds: 5,
  /** Unexpected disconnects within ten minutes. */
  feedDisconnects: 5,
  /** Sequence gaps of one book within five minutes. */
  gaps: 5,
  /** Failed sends within five minutes, per reason. */
  produceErrors: 3,
  /** Negative lags within five minutes. */
  clockSkewEvents: 10,
  /** 99th percentile of the event loop lag between two scrapes; about 0.01 when idle. */
  eventLoopLagSeconds: 0.25,
} as const

/** Error budgets over 30 days: 0.005 is an objective of 99.5 %. */
export const ERROR_BUDGETS = { lag: 0.005, freshness: 0.005 } as const

/** How long an alert that alternates goes on firing, so that it is one and not thirty an hour. */
export const KEPT = '5m'

/** How long the condition of an alert must hold before it fires. */
export const PATIENCE = {
  short: '15s',
  symptom: '30s',
  outage: '1m',
  cause: '2m',
  slow: '5m',
} as const
