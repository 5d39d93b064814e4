/**
 * Metrics that are decided on and not in the catalogue yet, by the names of the constants that they
 * will have there. Dashboards show them already, alerts do not use them. A test asks for a line to be
 * taken out when its metric has come.
 */
export const AWAITED_METRICS = {
  depthAmount: 'orderbook_depth_amount',
  depthImbalanceRatio: 'orderbook_depth_imbalance_ratio',
  orderFlowImbalanceAmount: 'orderbook_order_flow_imbalance_amount',
  orderFlowImbalanceRatio: 'orderbook_order_flow_imbalance_ratio',
  tradeFlowImbalanceRatio: 'orderbook_trade_flow_imbalance_ratio',
  realizedVolatilityRatio: 'orderbook_realized_volatility_ratio',
  imbalanceWindowRatio: 'orderbook_imbalance_window_ratio',
  windowCoverageRatio: 'orderbook_window_coverage_ratio',
  tradesEnabled: 'orderbook_trades_enabled',
  streams: 'orderbook_streams',
  streamEvictions: 'orderbook_stream_evictions_total',
} as const
