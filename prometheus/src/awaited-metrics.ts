/**
 * Metrics that are decided on and not in the catalogue yet, by the names of the constants that they
 * will have there. Dashboards show them already, alerts do not use them. A test asks for a line to be
 * taken out when its metric has come.
 */
export const AWAITED_METRICS = {
  streams: 'orderbook_streams',
  streamEvictions: 'orderbook_stream_evictions_total',
} as const
