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
  help: 'Whether the book is live, so that its values are true now: 1 or 0. Normal: 1; orderbook_state says why not.',
  side: 'consumer',
  detail: 'core',
})

export const state = gauge({
  name: 'orderbook_state',
  unit: null,
  labels: { instrument: OPEN, state: STATES, reason: STATE_REASONS },
  help: 'State of the book and its reason: 1 for the current one, the others are absent. Normal: state live with an empty reason.',
  side: 'consumer',
  detail: 'core',
})

export const lastVerifiedTimestamp = gauge({
  name: 'orderbook_last_verified_timestamp_seconds',
  unit: 'seconds',
  labels: { instrument: OPEN },
  help: 'Time at which the book was last proven true, Unix time in seconds of the local clock. Normal: its age is below STALE_AFTER_MS (5 s).',
  side: 'consumer',
  detail: 'core',
})

export const lastUpdateTimestamp = gauge({
  name: 'orderbook_last_update_timestamp_seconds',
  unit: 'seconds',
  labels: { instrument: OPEN },
  help: 'Exchange time of the last accepted picture or change, Unix time in seconds. A quiet market has an old one and is true all the same.',
  side: 'consumer',
  detail: 'core',
})

export const midPrice = gauge({
  name: 'orderbook_mid_price',
  unit: 'price',
  labels: { instrument: OPEN },
  help: 'Mean of best bid and best ask price of a live book, in the price unit of the instrument.',
  side: 'consumer',
  detail: 'core',
})

export const spreadRatio = gauge({
  name: 'orderbook_spread_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN },
  help: 'Best ask minus best bid price of a live book, divided by its mid-price: 0.0001 is one basis point. Above 0 always.',
  side: 'consumer',
  detail: 'core',
})

export const imbalanceRatio = gauge({
  name: 'orderbook_imbalance_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, depth: OPEN },
  help: 'Bid minus ask amount of so many best levels of a live book, divided by their sum: -1 (only asks) to 1 (only bids).',
  side: 'consumer',
  detail: 'core',
})

export const updates = counter({
  name: 'orderbook_updates_total',
  unit: null,
  labels: { instrument: OPEN },
  help: 'Pictures and changes that the book accepted, first ones included.',
  side: 'consumer',
  detail: 'core',
})

export const weightedMidPrice = gauge({
  name: 'orderbook_weighted_mid_price',
  unit: 'price',
  labels: { instrument: OPEN },
  help: 'Best prices of a live book, each weighted with the amount of the other side, in the price unit of the instrument: nearer to the side that is about to give way.',
  side: 'consumer',
  detail: 'full',
})

export const bestPrice = gauge({
  name: 'orderbook_best_price',
  unit: 'price',
  labels: { instrument: OPEN, side: SIDES },
  help: 'Best price of a live book by side, in the price unit of the instrument.',
  side: 'consumer',
  detail: 'full',
})

export const bestAmount = gauge({
  name: 'orderbook_best_amount',
  unit: 'amount',
  labels: { instrument: OPEN, side: SIDES },
  help: 'Amount at the best price of a live book by side, in the amount unit of the instrument.',
  side: 'consumer',
  detail: 'full',
})

export const spread = gauge({
  name: 'orderbook_spread',
  unit: 'price',
  labels: { instrument: OPEN },
  help: 'Best ask minus best bid price of a live book, in the price unit of the instrument. Above 0 always.',
  side: 'consumer',
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
  help: 'What the exchange says of the instrument, in the labels; the value is always 1.',
  side: 'producer',
  detail: 'full',
})

export const stateSinceTimestamp = gauge({
  name: 'orderbook_state_since_timestamp_seconds',
  unit: 'seconds',
  labels: { instrument: OPEN },
  help: 'Time since which the book has its current state and reason, Unix time in seconds.',
  side: 'consumer',
  detail: 'full',
})
