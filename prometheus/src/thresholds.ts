/**
 * Every number that an alert is checked by, and the limits that the dashboards draw. Change one here, then
 * `npm run ops:generate`; prometheus/tests say what else was meant by the old one.
 */
export const THRESHOLDS = {
  /** A book that nothing has proven for this long shows no values: the default of STALE_AFTER_MS. */
  staleSeconds: 5,
  /** Share of a minute in which a book may be crossed, locked or senseless. */
  invalidRatio: 0.25,
  /** Receipt to values readable: the lag objective, a bucket of the histogram with a fraction. */
  lagSeconds: 0.5,
  /** Median from the exchange's own time to our receipt. */
  exchangeLagSeconds: 0.5,
  /** The default of MAX_RECORD_AGE_MS: what is older is no longer published as current. */
  consumerLagSeconds: 5,
  /** Unwanted ends of connections within ten minutes. */
  feedDisconnects: 5,
  /** Breaks of the sequence of one book within five minutes. */
  gaps: 5,
  /** Failed sends within five minutes, for each reason. */
  produceErrors: 3,
  /** Lags that came out negative within five minutes. */
  clockSkewEvents: 10,
  /** 99th percentile of the delay of the event loop between two scrapes; about 0.01 when idle. */
  eventLoopLagSeconds: 0.25,
} as const

/** Share that may be bad over 30 days: 0.005 is an objective of 99.5 %. */
export const ERROR_BUDGETS = { lag: 0.005, freshness: 0.005 } as const

/** How long an alert's condition has to hold before it is told. */
export const PATIENCE = {
  short: '15s',
  symptom: '30s',
  outage: '1m',
  cause: '2m',
  slow: '5m',
} as const
