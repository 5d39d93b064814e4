import {
  DISCARD_REASONS,
  HORIZON_OUTCOMES,
  NEXT_MOVE_OUTCOMES,
  PREDICTORS,
  SIGNAL_STRENGTHS,
} from '../../model/signals.ts'
import { counter, gauge, OPEN } from './definition.ts'

const TAKER_SIDES = ['buy', 'sell'] as const

export const signalNextMove = counter({
  name: 'orderbook_signal_next_move_total',
  unit: null,
  labels: { instrument: OPEN, outcome: NEXT_MOVE_OUTCOMES },
  help: 'Changes of the mid-price, by whether the mean imbalance before them predicted the direction.',
  normal: '`hit` / (`hit` + `miss`) above 0.5 where the imbalance predicts',
  role: 'consumer',
  detail: 'full',
})

export const signalOutcomes = counter({
  name: 'orderbook_signal_outcomes_total',
  unit: null,
  labels: {
    instrument: OPEN,
    depth: OPEN,
    horizon: OPEN,
    strength: SIGNAL_STRENGTHS,
    outcome: HORIZON_OUTCOMES,
  },
  help: 'Seconds, by whether their imbalance predicted the mid-price after the horizon.',
  normal: 'samples overlap: multiply by 1 s / horizon to get effective cases',
  role: 'consumer',
  detail: 'full',
})

export const signalCorrelation = gauge({
  name: 'orderbook_signal_correlation',
  unit: null,
  labels: { instrument: OPEN, depth: OPEN, horizon: OPEN },
  help: 'Correlation of imbalance and return after the horizon over the signal window.',
  normal: '-1 to 1; absent below 100 effective cases',
  role: 'consumer',
  detail: 'full',
})

export const signalSlopeBps = gauge({
  name: 'orderbook_signal_slope_bps',
  unit: null,
  labels: { instrument: OPEN, depth: OPEN, horizon: OPEN },
  help: 'Regression of the return in basis points on the imbalance over the signal window.',
  normal: 'compare with the spread and the fees; absent below 100 effective cases',
  role: 'consumer',
  detail: 'full',
})

export const signalSamples = gauge({
  name: 'orderbook_signal_samples',
  unit: null,
  labels: { instrument: OPEN, depth: OPEN, horizon: OPEN },
  help: 'Samples in the signal window; one per second, so they overlap.',
  normal: 'up to the seconds of `SIGNAL_WINDOW_MS`; absent below 100',
  role: 'consumer',
  detail: 'full',
})

export const microPrice = gauge({
  name: 'orderbook_micro_price',
  unit: 'price',
  labels: { instrument: OPEN },
  help: 'Mid-price plus its expected change given imbalance and spread, fitted on recent updates.',
  normal: 'near the mid-price; absent until each state in use has 50 visits',
  role: 'consumer',
  detail: 'full',
})

export const forecastErrorRatio = gauge({
  name: 'orderbook_forecast_error_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN, predictor: PREDICTORS, horizon: OPEN },
  help: 'Mean squared error of the predictor over that of the mid-price after the horizon.',
  normal: 'below 1 where the predictor is better than the mid-price',
  role: 'consumer',
  detail: 'full',
})

export const signalDiscarded = counter({
  name: 'orderbook_signal_discarded_total',
  unit: null,
  labels: { reason: DISCARD_REASONS },
  help: 'Samples of the signals that were not counted, by reason.',
  normal: 'rises when a book leaves `live`: by one for each horizon, depth and second',
  role: 'consumer',
})

export const tradeAmount = counter({
  name: 'orderbook_trade_amount_total',
  unit: 'amount',
  labels: { instrument: OPEN, side: TAKER_SIDES },
  help: 'Amount of the trades on the book, by taker side.',
  role: 'consumer',
  detail: 'full',
})

export const trades = counter({
  name: 'orderbook_trades_total',
  unit: null,
  labels: { instrument: OPEN, side: TAKER_SIDES },
  help: 'Trades on the book, by taker side.',
  role: 'consumer',
  detail: 'full',
})

export const effectiveSpreadRatio = gauge({
  name: 'orderbook_effective_spread_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN },
  help: 'Mean effective spread of the trades in the signal window, over the mid-price.',
  normal: 'about `orderbook_spread_ratio`; absent below 100 trades',
  role: 'consumer',
  detail: 'full',
})

export const markPrice = gauge({
  name: 'orderbook_mark_price',
  unit: 'price',
  labels: { instrument: OPEN },
  help: 'Mark price of the instrument at its last trade.',
  role: 'consumer',
  detail: 'full',
})

export const indexPrice = gauge({
  name: 'orderbook_index_price',
  unit: 'price',
  labels: { instrument: OPEN },
  help: 'Price of the underlying index at the last trade.',
  role: 'consumer',
  detail: 'full',
})

export const basisRatio = gauge({
  name: 'orderbook_basis_ratio',
  unit: 'ratio',
  labels: { instrument: OPEN },
  help: 'Mark price over index price at the last trade, minus 1.',
  normal: 'around 0 for perpetuals',
  role: 'consumer',
  detail: 'full',
})
