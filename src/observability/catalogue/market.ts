import { counter, gauge, OPEN } from '../definition.ts'
import { SIDES } from './sides.ts'

const STATES = [
  'catching_up',
  'stale',
  'gap',
  'waiting',
  'halted',
  'invalid',
  'one_sided',
  'live',
] as const

/** The empty reason is that of `live`. */
const STATE_REASONS = [
  '',
  'backlog',
  'clock_or_late_producer',
  'no_proof',
  'chain',
  'no_picture',
  'non_finite',
  'negative',
  'unsorted',
  'crossed',
  'locked',
  'one_sided',
  'empty',
  'settlement',
  'delivered',
  'inactive',
  'halted',
  'archivized',
  'maintenance',
] as const

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
  labels: { instrument: OPEN, state: STATES, reason: STATE_REASONS },
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
  normal: 'old in a quiet market',
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
  detail: 'full',
})

export const stateSinceTimestamp = gauge({
  name: 'orderbook_state_since_timestamp_seconds',
  unit: 'seconds',
  labels: { instrument: OPEN },
  help: 'Unix time since which the book has its current state and reason.',
  role: 'consumer',
  detail: 'full',
})
