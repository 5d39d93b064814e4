import type { Signals } from '../../client/api-client.ts'

type Horizon = Signals['horizons'][string]
type Estimate = Signals['nextMove']['hitRate']

/** What the page shows of one horizon; the numbers are those of the best level. */
export interface SignalRow {
  /** `next move`, or a horizon such as `10s`. */
  readonly name: string
  readonly cases: number
  /** null below 100 effective cases. */
  readonly hitRate: Estimate
  /** Forecast with the smallest error; null if there are not enough cases, or for the next move. */
  readonly best: string | null
}

export interface CalibrationPoint {
  /** Mean imbalance of a tenth of the samples. */
  readonly imbalance: number
  readonly returnBps: number
}

export interface Calibration {
  readonly horizon: string
  readonly points: readonly CalibrationPoint[]
}

const BEST_LEVEL = '1'

export function signalRows({ nextMove, horizons }: Signals): SignalRow[] {
  return [
    {
      name: 'next move',
      cases: nextMove.effectiveCases,
      hitRate: nextMove.hitRate,
      best: null,
    },
    ...Object.entries(horizons).map(([name, horizon]) => {
      const level = horizon.depths[BEST_LEVEL]
      return {
        name,
        cases: level?.effectiveCases ?? 0,
        hitRate: level?.hitRate ?? null,
        best: bestForecast(horizon),
      }
    }),
  ]
}

/** Errors are relative to that of the mid-price, so the mid-price is best where all are 1 or more. */
function bestForecast({ forecasts }: Horizon): string | null {
  const { weightedMid, microPrice } = forecasts
  if (weightedMid.errorRatio === null) return null
  const ratios = [
    ['mid-price', 1],
    ['weighted mid', weightedMid.errorRatio],
    ['micro-price', microPrice.errorRatio ?? Infinity],
  ] as const
  return ratios.reduce((best, other) => (other[1] < best[1] ? other : best))[0]
}

/** Calibration of the best level at the shortest horizon; null below 100 effective cases. */
export function calibrationOf({ horizons }: Signals): Calibration | null {
  const [first] = Object.entries(horizons)
  if (first === undefined) return null
  const [horizon, { depths }] = first
  const deciles = depths[BEST_LEVEL]?.calibration ?? null
  if (deciles === null) return null
  const points = deciles.map(({ imbalanceMean, returnMeanBps }) => ({
    imbalance: imbalanceMean,
    returnBps: returnMeanBps,
  }))
  return { horizon, points }
}
