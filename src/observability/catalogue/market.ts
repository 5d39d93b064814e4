import { BOOK_STATES, STATE_REASONS } from '../../model/status.ts'
import { counter, gauge, OPEN } from './definition.ts'

const SIDES = ['bid', 'ask'] as const

export const up = gauge({
  name: 'orderbook_up',
  unit: null,
  labels: { instrument: OPEN },
  help: '1 while the book is live and its values are current, else 0.',
  normal: '1; `orderbook_state` has the reason',
  role: 'consumer',
  detail: 'core',
})

export const state = gauge({
  name: 'orderbook_state',
  unit: null,
  // The empty reason is that of `live`.
  labels: { instrument: OPEN, state: BOOK_STATES, reason: ['', ...STATE_REASONS] },
  help: '1 for the current state and reason of the book; other series are absent.',
  normal: '`state="live"` with an empty reason',
  role: 'consumer',
  detail: 'core',
})

export const lastVerifiedTimestamp = gauge({
  name: 'orderbook_last_verified_timestamp_seconds',
  unit: 'seconds',
  labels: { instrument: OPEN },
  help: 'Unix time by the local clock at which the book was last verified.',
  normal: 'age below `STALE_AFTER_MS` (5 s)',
  role: 'consumer',
  detail: 'core',
})

export const lastUpdateTimestamp = gauge({
  name: 'orderbook_last_update_timestamp_seconds',
  unit: 'seconds',
  labels: { instrument: OPEN },
  help: 'Exchange time of the last accepted snapshot or change, as Unix time.',
  normal: 'a long time ago in a quiet market',
  role: 'consumer',
  detail: 'core',
})

export const midPrice = gauge({
  name: 'orderbook_mid_price',
  unit: 'price',
  labels: { instrument: OPEN },
  help: 'Mean of best bid and best ask price of a live book.',
  role: 'consumer',
  detail: 'core',
})

export const spreadRatio = gauge({
  name: 'orderbook_spread_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN },
  help: 'Best ask minus best bid price, divided by the mid-price.',
  normal: 'above 0; 0.0001 is one basis point',
  role: 'consumer',
  detail: 'core',
})

export const imbalanceRatio = gauge({
  name: 'orderbook_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, depth: OPEN },
  help: 'Bid minus ask amount of the best levels, divided by their sum.',
  normal: '-1 (only asks) to 1 (only bids)',
  role: 'consumer',
  detail: 'core',
})

export const updates = counter({
  name: 'orderbook_updates_total',
  unit: null,
  labels: { instrument: OPEN },
  help: 'Snapshots and changes that the book accepted, first ones included.',
  role: 'consumer',
  detail: 'core',
})

export const weightedMidPrice = gauge({
  name: 'orderbook_weighted_mid_price',
  unit: 'price',
  labels: { instrument: OPEN },
  help: 'Best prices weighted by the amount on the other side.',
  normal: 'between best bid and best ask',
  role: 'consumer',
  detail: 'full',
})

export const bestPrice = gauge({
  name: 'orderbook_best_price',
  unit: 'price',
  labels: { instrument: OPEN, side: SIDES },
  help: 'Best price of a live book, by side.',
  role: 'consumer',
  detail: 'full',
})

export const bestAmount = gauge({
  name: 'orderbook_best_amount',
  unit: 'amount',
  labels: { instrument: OPEN, side: SIDES },
  help: 'Amount at the best price of a live book, by side.',
  role: 'consumer',
  detail: 'full',
})

export const spread = gauge({
  name: 'orderbook_spread',
  unit: 'price',
  labels: { instrument: OPEN },
  help: 'Best ask minus best bid price of a live book.',
  normal: 'above 0',
  role: 'consumer',
  detail: 'full',
})

export const instrumentInfo = gauge({
  name: 'orderbook_instrument_info',
  unit: null,
  labels: {
    instrument: OPEN,
    kind: OPEN,
    base: OPEN,
    quote: OPEN,
    amount_unit: OPEN,
    tick_size: OPEN,
  },
  help: 'Details of the instrument from the exchange, as labels; always 1.',
  role: 'producer',
  detail: 'core',
})

export const tickSize = gauge({
  name: 'orderbook_tick_size',
  unit: 'price',
  labels: { instrument: OPEN },
  help: 'Smallest price step of the instrument, from the exchange.',
  role: 'producer',
  detail: 'full',
})

export const partition = gauge({
  name: 'orderbook_partition',
  unit: null,
  labels: { instrument: OPEN },
  help: 'Partition of the topic with the records of the book, as the value.',
  role: 'consumer',
  detail: 'full',
})

export const stateSinceTimestamp = gauge({
  name: 'orderbook_state_since_timestamp_seconds',
  unit: 'seconds',
  labels: { instrument: OPEN },
  help: 'Unix time since which the book has its current state and reason.',
  normal: 'with `METRICS_DETAIL=core` only for books that are not live',
  role: 'consumer',
  detail: 'core',
})

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
