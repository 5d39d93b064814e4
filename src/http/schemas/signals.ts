import { type Static, Type } from 'typebox'
import { byName, nullable, stateFields } from './schema-types.ts'

interface EstimateJson {
  value: number
  low: number
  high: number
}

/** An estimate with its interval; null below 100 effective cases. */
const EstimateSchema = Type.Unsafe<EstimateJson | null>({
  title: 'Estimate',
  type: ['object', 'null'],
  properties: {
    value: { type: 'number' },
    low: { type: 'number', description: 'lower bound of the 95 % confidence interval' },
    high: { type: 'number', description: 'upper bound of the 95 % confidence interval' },
  },
  required: ['value', 'low', 'high'],
  description:
    'a value with its 95 % confidence interval: the share of hits among hits and misses, or the Pearson correlation of imbalance and return over the window; null below 100 effective cases',
})

const rateFields = {
  effectiveCases: Type.Number({
    description: 'effective cases: (hits + misses) x 1 s / horizon, because samples overlap',
  }),
  hitRate: EstimateSchema,
}

const NextMoveSchema = Type.Object(
  {
    hit: Type.Integer(),
    miss: Type.Integer(),
    neutral: Type.Integer(),
    ...rateFields,
  },
  {
    title: 'NextMove',
    description:
      'changes of the mid-price since the start of the measurement: whether the mean imbalance of the best level before each predicted it',
  },
)

const StrengthSchema = Type.Object(
  { hit: Type.Integer(), miss: Type.Integer(), unmoved: Type.Integer(), ...rateFields },
  { title: 'SignalStrength', description: 'outcomes since the start of the measurement' },
)

const DecileSchema = Type.Object(
  {
    samples: Type.Integer(),
    imbalanceFrom: Type.Number(),
    imbalanceTo: Type.Number(),
    imbalanceMean: Type.Number(),
    returnMeanBps: Type.Number({ description: 'mean return at the horizon, basis points' }),
  },
  { title: 'CalibrationDecile' },
)

type DecileJson = Static<typeof DecileSchema>

const SignalDepthSchema = Type.Object(
  {
    ...rateFields,
    strengths: byName<Static<typeof StrengthSchema>>(
      StrengthSchema,
      'by absolute imbalance: weak < 1/3 <= medium < 2/3 <= strong',
    ),
    samples: nullable('integer', 'samples in the window, one per second'),
    effectiveSamples: nullable(
      'number',
      'effective cases: samples x 1 s / horizon, because samples overlap',
    ),
    correlation: EstimateSchema,
    slopeBps: nullable(
      'number',
      'regression of the return, in basis points, on the imbalance; null as `correlation`',
    ),
    calibration: Type.Unsafe<DecileJson[] | null>({
      type: ['array', 'null'],
      items: DecileSchema,
      description:
        'mean return by tenth of the samples, ordered by imbalance; null below 100 effective samples',
    }),
  },
  { title: 'SignalDepth', description: 'outcomes and regression of the imbalance at one depth' },
)

const ForecastSchema = Type.Object(
  {
    samples: nullable('integer'),
    effectiveSamples: nullable('number'),
    errorRatio: nullable(
      'number',
      'mean squared error divided by that of the mid-price; below 1 is better; null below 100 effective samples',
    ),
  },
  { title: 'Forecast' },
)

const SignalHorizonSchema = Type.Object(
  {
    depths: byName<Static<typeof SignalDepthSchema>>(
      SignalDepthSchema,
      'by number of levels per side',
    ),
    forecasts: Type.Object(
      { weightedMid: ForecastSchema, microPrice: ForecastSchema },
      { description: 'errors of forecasts of the mid-price at the horizon' },
    ),
    realizedSpreadBps: nullable(
      'number',
      'mean realised spread of the trades in the window; null below 100 trades',
    ),
    realizedTrades: nullable('integer'),
  },
  { title: 'SignalHorizon' },
)

const TotalsSchema = Type.Object({ count: Type.Integer(), amount: Type.Number() })

const SignalTradesSchema = Type.Object(
  {
    buy: TotalsSchema,
    sell: TotalsSchema,
    effectiveTrades: nullable('integer', 'trades in the window with a live book'),
    effectiveSpreadBps: nullable(
      'number',
      'mean effective spread of these trades; null below 100 trades',
    ),
    markPrice: nullable('number', 'mark price at the last trade'),
    indexPrice: nullable('number', 'index price at the last trade'),
    basisRatio: nullable('number', 'mark price / index price - 1'),
  },
  {
    title: 'SignalTrades',
    description: 'trades by taker side since the start of the measurement, and their costs',
  },
)

export const SignalsSchema = Type.Object(
  {
    ...stateFields,
    windowMs: Type.Integer({ description: 'length of the window' }),
    nextMove: NextMoveSchema,
    microPrice: nullable(
      'number',
      'micro-price of the current book; null until each state in use has 50 visits',
    ),
    horizons: byName<Static<typeof SignalHorizonSchema>>(
      SignalHorizonSchema,
      'by horizon, such as 10s',
    ),
    trades: SignalTradesSchema,
  },
  {
    title: 'Signals',
    description:
      'whether the imbalance of one instrument predicts its price; values other than counts are null if the book is not live',
  },
)

export type SignalsJson = Static<typeof SignalsSchema>

const SnapshotHorizonSchema = Type.Object(
  {
    ...rateFields,
    correlation: EstimateSchema,
    slopeBps: nullable('number', 'as `slopeBps` of `Signals`'),
  },
  { title: 'SnapshotHorizon' },
)

interface SnapshotSignalsJson {
  microPrice: number | null
  nextMove: Static<typeof NextMoveSchema>
  horizons: Record<string, Static<typeof SnapshotHorizonSchema>>
}

/** The signals in a snapshot: those of the best level. */
export const SnapshotSignalsSchema = Type.Unsafe<SnapshotSignalsJson | null>({
  title: 'SnapshotSignals',
  type: ['object', 'null'],
  properties: {
    microPrice: nullable('number', 'as `microPrice` of `Signals`'),
    nextMove: NextMoveSchema,
    horizons: byName<Static<typeof SnapshotHorizonSchema>>(
      SnapshotHorizonSchema,
      'signals of the imbalance of the best level, by horizon, such as 10s',
    ),
  },
  required: ['microPrice', 'nextMove', 'horizons'],
  description: 'summary of the signals; null while they are off',
})
