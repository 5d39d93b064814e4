import { gauge, OPEN } from '../definition.ts'
import { SIDES } from './sides.ts'

const WINDOW_STATS = ['min', 'max', 'mean'] as const

export const depthAmount = gauge({
  name: 'orderbook_depth_amount',
  unit: 'amount',
  labels: { instrument: OPEN, side: SIDES, band_bps: OPEN },
  help: 'Amount within the band around the mid-price, by side; absent if not covered.',
  role: 'consumer',
  detail: 'full',
})

export const depthImbalanceRatio = gauge({
  name: 'orderbook_depth_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, band_bps: OPEN },
  help: 'Bid minus ask amount within the band, divided by their sum.',
  normal: '-1 (only asks) to 1 (only bids)',
  role: 'consumer',
  detail: 'full',
})

export const orderFlowImbalanceAmount = gauge({
  name: 'orderbook_order_flow_imbalance_amount',
  unit: 'amount',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Order flow imbalance over the window, sampled at the received snapshots.',
  normal: 'around 0; above 0 bids were added or asks removed',
  role: 'consumer',
  detail: 'full',
})

export const orderFlowImbalanceRatio = gauge({
  name: 'orderbook_order_flow_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Sampled order flow imbalance, divided by the mean amount at the best level.',
  normal: 'around 0, unbounded',
  role: 'consumer',
  detail: 'full',
})

export const tradeFlowImbalanceRatio = gauge({
  name: 'orderbook_trade_flow_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Taker buy minus sell volume over the window, divided by their sum.',
  normal: '-1 (only sells) to 1 (only buys); absent without trades',
  role: 'consumer',
  detail: 'full',
})

export const realizedVolatilityRatio = gauge({
  name: 'orderbook_realized_volatility_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Annualised realised volatility of the mid-price over the window; 0.5 is 50 %.',
  normal: '0.2 to 1.5 for coins; only windows of 10 s or longer',
  role: 'consumer',
  detail: 'full',
})

export const imbalanceWindowRatio = gauge({
  name: 'orderbook_imbalance_window_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN, stat: WINDOW_STATS },
  help: 'Minimum, maximum and time-weighted mean imbalance of the best level over the window.',
  normal: '-1 (only asks) to 1 (only bids)',
  role: 'consumer',
  detail: 'full',
})

export const windowCoverageRatio = gauge({
  name: 'orderbook_window_coverage_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Share of the window during which the book was observed without interruption.',
  normal: '1 after one window length; below 0.5 the numbers of the window are absent',
  role: 'consumer',
  detail: 'full',
})
