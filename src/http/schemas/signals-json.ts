import type { Static } from 'typebox'
import {
  type CalibrationDecile,
  type Estimate,
  type HitRate,
  SIGNAL_STRENGTHS,
  type SignalDepthNumbers,
  type SignalHorizonNumbers,
  type SignalNumbers,
} from '../../model/signals.ts'
import { type SignalsView, windowName } from '../../model/snapshot.ts'
import { finite } from './schema-types.ts'
import type { SignalsJson, SnapshotSignalsSchema } from './signals.ts'

type HorizonJson = SignalsJson['horizons'][string]
type DepthJson = HorizonJson['depths'][string]

const NO_RATE: HitRate = { effectiveCases: 0, estimate: null }

/** Maps the signals of one instrument. Without a live book only the counts have values. */
export function mapSignals(view: SignalsView): SignalsJson {
  const { axes, counts, numbers } = view
  return {
    instrument: view.instrument,
    state: view.state,
    reason: view.reason,
    sinceMs: view.sinceMs,
    windowMs: axes.windowMs,
    nextMove: { ...counts.nextMove, ...mapRate(numbers?.nextMove ?? NO_RATE) },
    microPrice: finite(numbers?.microPrice ?? null),
    horizons: Object.fromEntries(
      axes.horizonsMs.map((ms, index) => [windowName(ms), mapHorizon(view, index)]),
    ),
    trades: {
      buy: { ...counts.trades.buy },
      sell: { ...counts.trades.sell },
      effectiveTrades: numbers?.trades.effectiveTrades ?? null,
      effectiveSpreadBps: finite(numbers?.trades.effectiveSpreadBps ?? null),
      markPrice: finite(numbers?.trades.markPrice ?? null),
      indexPrice: finite(numbers?.trades.indexPrice ?? null),
      basisRatio: finite(numbers?.trades.basisRatio ?? null),
    },
  }
}

/** Maps the summary that a snapshot contains: the signals of the best level. */
export function mapSnapshotSignals(
  numbers: SignalNumbers | null,
): Static<typeof SnapshotSignalsSchema> {
  if (numbers === null) return null
  const { nextMove, horizons, microPrice } = numbers
  return {
    microPrice: finite(microPrice),
    nextMove: { ...nextMove.counts, ...mapRate(nextMove) },
    horizons: Object.fromEntries(
      horizons.map(({ horizonMs, depths: [first] }) => [
        windowName(horizonMs),
        {
          ...mapRate(first?.hitRate ?? NO_RATE),
          correlation: mapEstimate(first?.correlation ?? null),
          slopeBps: finite(first?.slopeBps ?? null),
        },
      ]),
    ),
  }
}

function mapHorizon(view: SignalsView, horizon: number): HorizonJson {
  const numbers = view.numbers?.horizons[horizon]
  return {
    depths: Object.fromEntries(
      view.axes.depths.map((depth, index) => [
        String(depth),
        mapDepth(
          view.counts.outcomes[horizon]?.[index] ?? [],
          numbers?.depths[index],
          view.calibrations?.[horizon]?.[index] ?? null,
        ),
      ]),
    ),
    forecasts: {
      weightedMid: mapForecast(numbers, 'weighted_mid'),
      microPrice: mapForecast(numbers, 'micro_price'),
    },
    realizedSpreadBps: finite(numbers?.realizedSpreadBps ?? null),
    realizedTrades: numbers?.realizedTrades ?? null,
  }
}

function mapDepth(
  counts: readonly (readonly number[])[],
  numbers: SignalDepthNumbers | undefined,
  calibration: readonly CalibrationDecile[] | null,
): DepthJson {
  const strengths = SIGNAL_STRENGTHS.map((strength, index) => {
    const [hit = 0, miss = 0, unmoved = 0] = counts[index] ?? []
    const rate = numbers?.strengths[index] ?? NO_RATE
    return [strength, { hit, miss, unmoved, ...mapRate(rate) }] as const
  })
  return {
    ...mapRate(numbers?.hitRate ?? NO_RATE),
    strengths: Object.fromEntries(strengths),
    samples: numbers?.samples ?? null,
    effectiveSamples: finite(numbers?.effectiveSamples ?? null),
    correlation: mapEstimate(numbers?.correlation ?? null),
    slopeBps: finite(numbers?.slopeBps ?? null),
    calibration: calibration === null ? null : calibration.map((decile) => ({ ...decile })),
  }
}

function mapForecast(
  numbers: SignalHorizonNumbers | undefined,
  predictor: 'weighted_mid' | 'micro_price',
): HorizonJson['forecasts']['microPrice'] {
  const forecast = numbers?.forecasts.find((one) => one.predictor === predictor)
  return {
    samples: forecast?.samples ?? null,
    effectiveSamples: finite(forecast?.effectiveSamples ?? null),
    errorRatio: finite(forecast?.errorRatio ?? null),
  }
}

function mapRate({ effectiveCases, estimate }: HitRate) {
  return { effectiveCases, hitRate: mapEstimate(estimate) }
}

function mapEstimate(estimate: Estimate | null) {
  if (estimate === null) return null
  const { value, interval } = estimate
  const isFinite = [value, interval.low, interval.high].every(Number.isFinite)
  return isFinite ? { value, low: interval.low, high: interval.high } : null
}
