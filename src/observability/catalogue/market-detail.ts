import { gauge, OPEN } from '../definition.ts'
import { SIDES } from './sides.ts'

const WINDOW_STATS = ['min', 'max', 'mean'] as const

export const depthAmount = gauge({
  name: 'orderbook_depth_amount',
  unit: 'amount',
  labels: { instrument: OPEN, side: SIDES, band_bps: OPEN },
  help: 'Sum of the amounts within so many basis points of the mid-price by side, in the amount unit of the instrument; absent where the book is not known so far.',
  side: 'consumer',
  detail: 'full',
})

export const depthImbalanceRatio = gauge({
  name: 'orderbook_depth_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, band_bps: OPEN },
  help: 'Bid minus ask amount within so many basis points of the mid-price, divided by their sum: -1 (only asks) to 1 (only bids).',
  side: 'consumer',
  detail: 'full',
})

export const orderFlowImbalanceAmount = gauge({
  name: 'orderbook_order_flow_imbalance_amount',
  unit: 'amount',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Order flow imbalance of the best level over the window in the amount unit of the instrument (Cont, Kukanov, Stoikov 2014), sampled at the pictures received: what came and went between two of them is not in it. Normal: around 0; above it bids were added or asks taken.',
  side: 'consumer',
  detail: 'full',
})

export const orderFlowImbalanceRatio = gauge({
  name: 'orderbook_order_flow_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Sampled order flow imbalance over the window, divided by the mean amount at the best level of a side. Normal: around 0; it has no bounds.',
  side: 'consumer',
  detail: 'full',
})

export const tradeFlowImbalanceRatio = gauge({
  name: 'orderbook_trade_flow_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Volume of buying minus selling takers over the window, divided by their sum: -1 (only sells) to 1 (only buys); absent without trades.',
  side: 'consumer',
  detail: 'full',
})

export const realizedVolatilityRatio = gauge({
  name: 'orderbook_realized_volatility_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Annualised realised volatility of the mid-price on a grid of seconds over the window, where that is 10 s or longer: 0.5 is 50 % a year. Normal: 0.2 to 1.5 for coins.',
  side: 'consumer',
  detail: 'full',
})

export const imbalanceWindowRatio = gauge({
  name: 'orderbook_imbalance_window_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN, stat: WINDOW_STATS },
  help: 'Least, greatest and time-weighted mean imbalance of the best level over the window: -1 (only asks) to 1 (only bids). Shows what came and went between two scrapes.',
  side: 'consumer',
  detail: 'full',
})

export const windowCoverageRatio = gauge({
  name: 'orderbook_window_coverage_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, window: OPEN },
  help: 'Share of the window in which the book was watched without a break, 0 to 1; below a half its other numbers are absent. Normal: 1 once the book was live for as long as the window.',
  side: 'consumer',
  detail: 'full',
})
