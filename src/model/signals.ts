/** Outcome of a change of the mid-price against the mean imbalance before it. */
export const NEXT_MOVE_OUTCOMES = ['hit', 'miss', 'neutral'] as const
export type NextMoveOutcome = (typeof NEXT_MOVE_OUTCOMES)[number]

/** Outcome of one sample at one horizon: the sign of the return against that of the imbalance. */
export const HORIZON_OUTCOMES = ['hit', 'miss', 'unmoved'] as const
export type HorizonOutcome = (typeof HORIZON_OUTCOMES)[number]

/** Absolute imbalance: `weak` < 1/3 <= `medium` < 2/3 <= `strong`. */
export const SIGNAL_STRENGTHS = ['weak', 'medium', 'strong'] as const
export type SignalStrength = (typeof SIGNAL_STRENGTHS)[number]

/** Forecasts of the future mid-price that are compared with the mid-price itself. */
export const PREDICTORS = ['weighted_mid', 'micro_price'] as const
export type Predictor = (typeof PREDICTORS)[number]

/**
 * Why a period in which samples were possible ended: the sequence broke, the book was unverified,
 * not trading, crossed or locked, or one-sided, or the records did not continue.
 */
export const INTERRUPTIONS = ['gap', 'stale', 'halted', 'invalid', 'one_sided', 'restart'] as const
export type Interruption = (typeof INTERRUPTIONS)[number]

/**
 * Why a sample is not counted: an interruption before its end; `no_value`: imbalance or return is
 * undefined; `no_prediction`: the imbalance is exactly 0 and the price moved; for trades also
 * `no_book`: no live book at the time of the trade; `late`: the trade arrived after the prices of
 * its time were dropped; `overflow`: too many trades waited for their horizon.
 */
export const DISCARD_REASONS = [
  ...INTERRUPTIONS,
  'no_value',
  'no_prediction',
  'no_book',
  'late',
  'overflow',
] as const
export type DiscardReason = (typeof DISCARD_REASONS)[number]

/** Bounds of a 95 % confidence interval. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** A value with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number
  readonly interval: Interval
}

/** A share of cases. Overlapping samples count as fewer cases. */
export interface HitRate {
  /** Hits and misses, corrected for overlap. */
  readonly effectiveCases: number
  /** null below 100 effective cases. */
  readonly estimate: Estimate | null
}

/** Counts since the start of the measurement, and the share of hits among hits and misses. */
export interface NextMoveNumbers extends HitRate {
  readonly counts: Readonly<Record<NextMoveOutcome, number>>
}

export interface StrengthNumbers extends HitRate {
  readonly strength: SignalStrength
  readonly counts: Readonly<Record<HorizonOutcome, number>>
}

/** One tenth of the samples of the window, ordered by imbalance. */
export interface CalibrationDecile {
  readonly samples: number
  readonly imbalanceFrom: number
  readonly imbalanceTo: number
  readonly imbalanceMean: number
  /** Mean return at the horizon, basis points. */
  readonly returnMeanBps: number
}

/** Numbers of one depth at one horizon. All but counts and samples are null below 100 effective cases. */
export interface SignalDepthNumbers {
  readonly depth: number
  /** Hits and misses of all strengths since the start of the measurement. */
  readonly hitRate: HitRate
  readonly strengths: readonly StrengthNumbers[]
  /** Samples in the trailing window. */
  readonly samples: number
  /** Samples corrected for overlap: samples x 1 s / horizon. */
  readonly effectiveSamples: number
  /** Pearson correlation of imbalance and return. */
  readonly correlation: Estimate | null
  /** Regression of the return, in basis points, on the imbalance. */
  readonly slopeBps: number | null
}

/** Mean squared error of a forecast, relative to that of the mid-price over the same samples. */
export interface ForecastNumbers {
  readonly predictor: Predictor
  readonly samples: number
  readonly effectiveSamples: number
  /** Below 1: better than the mid-price. null below 100 effective cases. */
  readonly errorRatio: number | null
}

export interface SignalHorizonNumbers {
  readonly horizonMs: number
  readonly depths: readonly SignalDepthNumbers[]
  readonly forecasts: readonly ForecastNumbers[]
  /** Mean realised spread of the trades of the window, basis points; null below 100 trades. */
  readonly realizedSpreadBps: number | null
  readonly realizedTrades: number
}

export interface TradeTotals {
  readonly count: number
  /** Sum of the amounts, in the instrument's amount unit. */
  readonly amount: number
}

export interface TradeNumbers {
  /** By taker side, since the start of the measurement. */
  readonly totals: Readonly<Record<'buy' | 'sell', TradeTotals>>
  /** Trades of the window with a live book. */
  readonly effectiveTrades: number
  /** Mean effective spread of these trades, basis points; null below 100 trades. */
  readonly effectiveSpreadBps: number | null
  /** Mark and index price of the last trade; null where the exchange did not send them. */
  readonly markPrice: number | null
  readonly indexPrice: number | null
  /** Mark price / index price - 1. */
  readonly basisRatio: number | null
}

/** Counts of one instrument since its signals were switched on. */
export interface SignalCounts {
  readonly nextMove: Readonly<Record<NextMoveOutcome, number>>
  /** By horizon, depth, strength and outcome, in the order of the options and closed lists. */
  readonly outcomes: readonly (readonly (readonly (readonly number[])[])[])[]
  readonly trades: Readonly<Record<'buy' | 'sell', TradeTotals>>
}

/** Whether the imbalance predicts the price, measured up to one time. */
export interface SignalNumbers {
  readonly nextMove: NextMoveNumbers
  /** One entry per configured horizon, in that order. */
  readonly horizons: readonly SignalHorizonNumbers[]
  /** Stoikov's micro-price of the current book; null while a state has too few visits. */
  readonly microPrice: number | null
  readonly trades: TradeNumbers
}

/** Parameters of the signals. */
export interface SignalAxes {
  /** Depths of the imbalance: 1 and the largest configured one. */
  readonly depths: readonly number[]
  readonly horizonsMs: readonly number[]
  readonly windowMs: number
}
