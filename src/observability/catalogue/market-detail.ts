import { gauge, OPEN } from '../definition.ts'
import { SIDES } from './sides.ts'

const WINDOW_STATS = ['min', 'max', 'mean'] as const

export const depthAmount = gauge({
  name: 'orderbook_depth_amount',
  unit: 'amount',
  labels: { instrument: OPEN, side: SIDES, band_bps: OPEN },
  help: 'Sum of the amounts within so many basis points of the mid-price, absent where the book is not known so far.',
  side: 'consumer',
  detail: 'full',
})

export const depthImbalanceRatio = gauge({
  name: 'orderbook_depth_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, band_bps: OPEN },
  help: 'Bid minus ask amount within so many basis points of the mid-price, divided by their sum: -1 to 1.',
  side: 'consumer',
  detail: 'full',
})

export const orderFlowImbalanceAmount = gauge({
  name: 'orderbook_order_flow_imbalance_amount',
  unit: 'amount',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Order flow imbalance of the best level over the window (Cont, Kukanov, Stoikov 2014), sampled at the pictures received, so that what came and went between two of them is not in it.',
  side: 'consumer',
  detail: 'full',
})

export const orderFlowImbalanceRatio = gauge({
  name: 'orderbook_order_flow_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Sampled order flow imbalance over the window, divided by the mean amount at the best level of a side; not bounded.',
  side: 'consumer',
  detail: 'full',
})

export const tradeFlowImbalanceRatio = gauge({
  name: 'orderbook_trade_flow_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Volume of buying minus selling takers over the window, divided by their sum, -1 to 1; absent without trades.',
  side: 'consumer',
  detail: 'full',
})

export const realizedVolatilityRatio = gauge({
  name: 'orderbook_realized_volatility_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Annualised realised volatility of the mid-price on a grid of seconds over the window, where it is 10 s or longer.',
  side: 'consumer',
  detail: 'full',
})

export const imbalanceWindowRatio = gauge({
  name: 'orderbook_imbalance_window_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN, stat: WINDOW_STATS },
  help: 'Least, greatest and time-weighted mean imbalance of the best level over the window: -1 to 1.',
  side: 'consumer',
  detail: 'full',
})

export const windowCoverageRatio = gauge({
  name: 'orderbook_window_coverage_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Share of the window in which the book was watched without a break, below a half of which its other numbers are absent.',
  side: 'consumer',
  detail: 'full',
})
