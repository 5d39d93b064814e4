import type { Estimate, Predictor, SignalNumbers } from '../../model/signals.ts'
import { type SignalsView, windowName } from '../../model/snapshot.ts'
import { MIN_CASES } from '../../signals/statistics.ts'

/** Printed instead of a number that has too few cases. */
const NOT_ENOUGH = 'not enough cases yet'
const HEAD = [
  'instrument',
  'measure',
  'horizon',
  'depth',
  'cases',
  'value',
  '95 % interval',
] as const
/** Columns of numbers, which are aligned on the right. */
const NUMBER_COLUMNS: ReadonlySet<number> = new Set([2, 3, 4, 5])
const PREDICTOR_NAMES: Readonly<Record<Predictor, string>> = {
  weighted_mid: 'weighted mid-price',
  micro_price: 'micro-price',
}

interface Measure {
  readonly measure: string
  readonly horizon?: string
  readonly depth?: number
  /** Effective number of cases. */
  readonly cases: number
  readonly value: Estimate | number | null
}

/** Writes a table with a line for each number; a book that is not live has one line with its state. */
export function signalTable(views: readonly SignalsView[]): string {
  const rows: (readonly string[])[] = [HEAD]
  for (const { instrument, state, reason, numbers } of views) {
    if (numbers === null) {
      const cause = reason === null || reason === state ? state : `${state} (${reason})`
      rows.push([instrument, `none: the book is ${cause} at the end of the recording`])
    } else for (const measure of measuresOf(numbers)) rows.push([instrument, ...textsOf(measure)])
  }
  const whole = rows.filter(({ length }) => length === HEAD.length)
  const widths = HEAD.map((_, column) => Math.max(...whole.map((row) => row[column]?.length ?? 0)))
  const align = (text: string, column: number): string => {
    const width = widths[column] ?? 0
    return NUMBER_COLUMNS.has(column) ? text.padStart(width) : text.padEnd(width)
  }
  return rows.map((row) => `${row.map(align).join('  ').trimEnd()}\n`).join('')
}

function* measuresOf(numbers: SignalNumbers): Generator<Measure> {
  const { nextMove, horizons, trades } = numbers
  yield {
    measure: 'hit rate of the next move',
    depth: 1,
    cases: nextMove.effectiveCases,
    value: nextMove.estimate,
  }
  for (const { horizonMs, depths } of horizons) {
    for (const { depth, hitRate, effectiveSamples: cases, correlation, slopeBps } of depths) {
      const at = { horizon: windowName(horizonMs), depth }
      yield {
        ...at,
        measure: 'hit rate',
        cases: hitRate.effectiveCases,
        value: hitRate.estimate,
      }
      yield { ...at, measure: 'correlation', cases, value: correlation }
      yield { ...at, measure: 'slope, bps', cases, value: slopeBps }
    }
  }
  for (const { horizonMs, forecasts } of horizons) {
    for (const { predictor, effectiveSamples: cases, errorRatio } of forecasts) {
      const measure = `forecast error ratio, ${PREDICTOR_NAMES[predictor]}`
      yield { measure, horizon: windowName(horizonMs), cases, value: errorRatio }
    }
  }
  yield {
    measure: 'effective spread, bps',
    cases: trades.effectiveTrades,
    value: trades.effectiveSpreadBps,
  }
  for (const { horizonMs, realizedTrades: cases, realizedSpreadBps: value } of horizons) {
    yield { measure: 'realised spread, bps', horizon: windowName(horizonMs), cases, value }
  }
}

function textsOf({ measure, horizon = '', depth, cases, value }: Measure): string[] {
  const start = [measure, horizon, depth === undefined ? '' : String(depth)]
  return [...start, String(Math.floor(cases)), ...valueTexts(value, cases)]
}

function valueTexts(value: Estimate | number | null, cases: number): [string, string] {
  // Enough cases without a value: prices or imbalances did not vary, or there was no forecast.
  if (value === null) return [cases < MIN_CASES ? NOT_ENOUGH : 'undefined', '']
  if (typeof value === 'number') return [value.toFixed(4), '']
  const { low, high } = value.interval
  return [value.value.toFixed(4), `${low.toFixed(4)} to ${high.toFixed(4)}`]
}
