import { finiteOrNull } from '../analytics/event-time.ts'
import {
  type CalibrationDecile,
  type ForecastNumbers,
  PREDICTORS,
  SIGNAL_STRENGTHS,
  type SignalAxes,
  type SignalCounts,
  type SignalDepthNumbers,
  type SignalHorizonNumbers,
  type SignalNumbers,
} from '../model/signals.ts'
import type { HorizonOutcomes } from './horizon-outcomes.ts'
import { MICRO_PRICE, MID, type SecondGrid, WEIGHTED_MID } from './second-grid.ts'
import { correlationEstimate, effectiveCases, hitRate, MIN_CASES, regress } from './statistics.ts'
import type { TradeCosts } from './trade-costs.ts'
import type { TradeCounts } from './trade-counts.ts'

const BPS = 10_000
const DECILES = 10
const PREDICTOR_COLUMNS = { weighted_mid: WEIGHTED_MID, micro_price: MICRO_PRICE } as const

interface Sources {
  readonly axes: SignalAxes
  readonly grid: SecondGrid
  readonly costs: TradeCosts
  readonly tradeCounts: TradeCounts
  /** Last second of the window (to - window, to], epoch s. */
  readonly toSecond: number
}

interface CountedSources extends Sources {
  readonly counts: SignalCounts
  /** Outcomes by horizon and depth, in the order of the axes. */
  readonly outcomes: readonly (readonly HorizonOutcomes[])[]
}

/**
 * Evaluates the counts, and the samples of the window. Estimates of fewer than 100 cases are null.
 */
export function readSignals(sources: CountedSources): Omit<SignalNumbers, 'microPrice'> {
  const { axes, counts, costs, tradeCounts, toSecond } = sources
  const fromSecond = toSecond - axes.windowMs / 1000
  const { hit, miss } = counts.nextMove
  const effective = costs.read(0, fromSecond, toSecond)
  return {
    nextMove: {
      counts: { ...counts.nextMove },
      effectiveCases: hit + miss,
      estimate: hitRate(hit, miss, hit + miss),
    },
    horizons: axes.horizonsMs.map((_, horizon) => readHorizon(sources, horizon)),
    trades: {
      totals: { buy: { ...tradeCounts.totals.buy }, sell: { ...tradeCounts.totals.sell } },
      effectiveTrades: effective.trades,
      effectiveSpreadBps: shown(effective.meanBps, effective.trades),
      ...tradeCounts.last,
    },
  }
}

/**
 * Mean return by tenth of the samples, ordered by imbalance, then by time; null below 100
 * effective cases.
 * @param depth index in `axes.depths`
 * @param horizon index in `axes.horizonsMs`
 */
export function calibrate(
  sources: Sources,
  depth: number,
  horizon: number,
): CalibrationDecile[] | null {
  const { grid, axes } = sources
  const { from, to } = rangeOf(sources)
  const imbalances = grid.copy(grid.imbalanceColumn(depth), from, to)
  const returns = grid.copy(grid.returnColumn(horizon), from, to)
  const samples = [...imbalances.entries()]
    .map(([index, imbalance]) => ({ imbalance, logReturn: returns[index] ?? NaN }))
    .filter(({ imbalance, logReturn }) => !Number.isNaN(imbalance + logReturn))
    .sort((a, b) => a.imbalance - b.imbalance)
  if (effectiveCases(samples.length, axes.horizonsMs[horizon] ?? NaN) < MIN_CASES) return null
  return Array.from({ length: DECILES }, (_, decile) => {
    const start = Math.floor((samples.length * decile) / DECILES)
    const end = Math.floor((samples.length * (decile + 1)) / DECILES)
    const members = samples.slice(start, end)
    const sum = (of: 'imbalance' | 'logReturn') =>
      members.reduce((total, member) => total + member[of], 0)
    return {
      samples: members.length,
      imbalanceFrom: members[0]?.imbalance ?? NaN,
      imbalanceTo: members.at(-1)?.imbalance ?? NaN,
      imbalanceMean: sum('imbalance') / members.length,
      returnMeanBps: (sum('logReturn') / members.length) * BPS,
    }
  })
}

function readHorizon(sources: CountedSources, horizon: number): SignalHorizonNumbers {
  const { axes, costs, toSecond } = sources
  const horizonMs = axes.horizonsMs[horizon] ?? NaN
  const realized = costs.read(horizon + 1, toSecond - axes.windowMs / 1000, toSecond)
  return {
    horizonMs,
    depths: axes.depths.map((_, depth) => readDepth(sources, depth, horizon)),
    forecasts: readForecasts(sources, horizon, horizonMs),
    realizedTrades: realized.trades,
    realizedSpreadBps: shown(realized.meanBps, realized.trades),
  }
}

function readDepth(sources: CountedSources, depth: number, horizon: number): SignalDepthNumbers {
  const { axes, grid, outcomes } = sources
  const horizonMs = axes.horizonsMs[horizon] ?? NaN
  const { from, to } = rangeOf(sources)
  const imbalances = grid.copy(grid.imbalanceColumn(depth), from, to)
  const returns = grid.copy(grid.returnColumn(horizon), from, to)
  const { samples, correlation, slope } = regress(imbalances, returns, to - from)
  const cases = effectiveCases(samples, horizonMs)
  const rateOf = (hits: number, misses: number) => {
    const effective = effectiveCases(hits + misses, horizonMs)
    return { effectiveCases: effective, estimate: hitRate(hits, misses, effective) }
  }
  const strengths = SIGNAL_STRENGTHS.map((strength) => {
    const counts = outcomes[horizon]?.[depth]?.of(strength) ?? { hit: 0, miss: 0, unmoved: 0 }
    return { strength, counts, ...rateOf(counts.hit, counts.miss) }
  })
  const total = (outcome: 'hit' | 'miss') =>
    strengths.reduce((sum, { counts }) => sum + counts[outcome], 0)
  return {
    depth: axes.depths[depth] ?? NaN,
    hitRate: rateOf(total('hit'), total('miss')),
    strengths,
    samples,
    effectiveSamples: cases,
    correlation: correlationEstimate(correlation, cases),
    slopeBps: shown(slope * BPS, cases),
  }
}

/**
 * Mean squared error of each predictor over that of the mid-price, from the seconds at which the
 * forecast exists and the price a horizon later is known.
 */
function readForecasts(sources: Sources, horizon: number, horizonMs: number): ForecastNumbers[] {
  const { grid } = sources
  const { from, to } = rangeOf(sources)
  const returns = grid.returnColumn(horizon)
  return PREDICTORS.map((predictor) => {
    let samples = 0
    let squares = 0
    let squaresOfMid = 0
    for (let second = from; second < to; second += 1) {
      const forecast = grid.at(second, PREDICTOR_COLUMNS[predictor])
      if (Number.isNaN(forecast + grid.at(second, returns))) continue
      const future = grid.at(second + horizonMs / 1000, MID)
      samples += 1
      squares += (future - forecast) ** 2
      squaresOfMid += (future - grid.at(second, MID)) ** 2
    }
    const cases = effectiveCases(samples, horizonMs)
    const errorRatio = squaresOfMid > 0 ? shown(squares / squaresOfMid, cases) : null
    return { predictor, samples, effectiveSamples: cases, errorRatio }
  })
}

/** The retained seconds of the window. */
function rangeOf({ grid, axes, toSecond }: Sources): { from: number; to: number } {
  const from = Math.max(grid.first, toSecond - axes.windowMs / 1000 + 1)
  return { from, to: Math.max(from, grid.end) }
}

function shown(value: number, cases: number): number | null {
  return cases < MIN_CASES ? null : finiteOrNull(value)
}
