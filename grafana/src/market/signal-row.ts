import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { rate, series } from '../parts/selector.ts'

/** Range of the counters. */
const RANGE = '1h'
const Z = 1.96
const LEAST_CASES = 100
/** PromQL cannot read a number from a label: horizons whose effective cases are known. */
const HORIZONS_S = [1, 2, 5, 10, 30, 60, 300]
const HORIZON_SECONDS = HORIZONS_S.map(
  (seconds) => `label_replace(vector(${seconds}), "horizon", "${seconds}s", "", "")`,
).join(' or ')
const FEW_CASES =
  'Fewer than 100 effective cases: samples overlap, so one second counts as 1 s / horizon. Or signals are off (SIGNALS)'
const BY_HORIZON = '{{instrument}} {{horizon}}'
const BY_DEPTH = '{{instrument}} {{horizon}} depth {{depth}}'

const gained = (name: string, by: string, ...matchers: readonly string[]) =>
  `sum by (${by}) (increase(${series(name, ...matchers)}[${RANGE}]))`

/** Share of hits, and the bounds of its Wilson interval. */
function hitRates(hits: string, both: string, cases: string, legend: string) {
  const share = `(${hits} / ${both})`
  const square = `(${Z ** 2} / ${cases})`
  const half = `sqrt(${share} * (1 - ${share}) * ${square} + ${square} ^ 2 / 4)`
  const bound = (sign: '+' | '-') => `(${share} + ${square} / 2 ${sign} ${half}) / (1 + ${square})`
  const shown = (expr: string) => `(${expr}) and (${cases} >= ${LEAST_CASES})`
  return [
    query(shown(share), legend),
    query(shown(bound('-')), `${legend} low`),
    query(shown(bound('+')), `${legend} high`),
  ]
}

const moves = (outcomes: string) =>
  gained(metric.signalNextMove, 'instrument', `outcome=~"${outcomes}"`)
const outcomes = (wanted: string) =>
  gained(metric.signalOutcomes, 'instrument, horizon', 'depth="1"', `outcome=~"${wanted}"`)
const byDepth = (name: string) => `max by (instrument, horizon, depth) (${series(name)})`
const byInstrument = (name: string) => `max by (instrument) (${series(name)})`

/** Row: whether the imbalance predicts the price. */
export const signalRow: Row = {
  title: 'Does it predict',
  isCollapsed: true,
  panels: [
    graph({
      title: 'Hit rate of the next move',
      what: 'Share of changes of the mid-price in the last hour whose direction the mean imbalance before them predicted, with the bounds of its 95 % confidence interval.',
      normal: 'above 0.5 with both bounds where the imbalance predicts.',
      act: 'an interval that contains 0.5 is no evidence.',
      absent: 'Fewer than 100 changes of the mid-price, or signals are off (SIGNALS)',
      unit: 'percentunit',
      decimals: 1,
      min: 0,
      max: 1,
      limit: 0.5,
      badSide: 'below',
      queries: hitRates(moves('hit'), moves('hit|miss'), moves('hit|miss'), '{{instrument}}'),
    }),
    graph({
      title: 'Hit rate by horizon',
      what: 'Share of the seconds of the last hour whose imbalance of the best level predicted the direction of the mid-price after the horizon, with the bounds of its 95 % confidence interval.',
      normal: 'nearer to 0.5 for longer horizons.',
      act: 'an interval that contains 0.5 is no evidence.',
      absent: FEW_CASES,
      unit: 'percentunit',
      decimals: 1,
      min: 0,
      max: 1,
      limit: 0.5,
      badSide: 'below',
      queries: hitRates(
        outcomes('hit'),
        outcomes('hit|miss'),
        `(${outcomes('hit|miss')} / on (horizon) group_left () (${HORIZON_SECONDS}))`,
        BY_HORIZON,
      ),
    }),
    graph({
      title: 'Correlation of imbalance and return',
      what: 'Pearson correlation of the imbalance and the return after the horizon, over SIGNAL_WINDOW_MS.',
      normal: 'small and positive; smaller for longer horizons.',
      act: 'nothing to do; the interval is in /api/v1/signals.',
      absent: FEW_CASES,
      unit: 'none',
      decimals: 3,
      min: -1,
      max: 1,
      queries: [query(byDepth(metric.signalCorrelation), BY_DEPTH)],
    }),
    graph({
      title: 'Return by imbalance, and the cost of a trade',
      what: 'Basis points of return for an imbalance of 1 (regression), beside the mean effective spread of a trade in basis points.',
      normal: 'the return is below the spread: a correct prediction does not pay a taker.',
      act: 'compare with the spread and your fees before you act on a hit rate.',
      absent: FEW_CASES,
      unit: 'none',
      decimals: 3,
      queries: [
        query(byDepth(metric.signalSlopeBps), `${BY_DEPTH} return`),
        query(
          `${byInstrument(metric.effectiveSpreadRatio)} * 10000`,
          '{{instrument}} effective spread',
        ),
      ],
    }),
    graph({
      title: 'Forecast error relative to the mid-price',
      what: 'Mean squared error of weighted mid and micro-price as forecasts of the mid-price after the horizon, divided by that of the mid-price itself.',
      normal: 'near 1; below 1 the forecast is better than the mid-price.',
      act: 'use the predictor with the smallest ratio.',
      absent: FEW_CASES,
      unit: 'none',
      decimals: 3,
      queries: [
        query(
          `max by (instrument, horizon, predictor) (${series(metric.forecastErrorRatio)})`,
          `${BY_HORIZON} {{predictor}}`,
        ),
      ],
    }),
    graph({
      title: 'Micro-price minus mid-price',
      what: 'Expected change of the mid-price given imbalance and spread (Stoikov 2018), in the unit of the price.',
      normal: 'within half the spread.',
      act: 'nothing to do.',
      absent: 'A state of the book in use has fewer than 50 visits, or signals are off (SIGNALS)',
      unit: 'none',
      queries: [
        query(
          `${byInstrument(metric.microPrice)} - ${byInstrument(metric.midPrice)}`,
          '{{instrument}}',
        ),
      ],
    }),
    graph({
      title: 'Samples of the signals',
      what: 'Seconds in the signal window that have a return after the horizon.',
      normal: 'the seconds of SIGNAL_WINDOW_MS after that time.',
      act: 'fewer: the book was not live; see the discarded samples.',
      absent: 'Fewer than 100 samples, or signals are off (SIGNALS)',
      unit: 'short',
      min: 0,
      queries: [query(byDepth(metric.signalSamples), BY_DEPTH)],
    }),
    graph({
      title: 'Discarded samples',
      what: 'Samples per second that were not counted, because the book left live or a value was undefined.',
      normal: 'zero; a burst at each interruption of a book.',
      act: 'a lasting rate: see the reason and the state of the books.',
      absent: 'Signals are off (SIGNALS)',
      unit: 'cps',
      min: 0,
      queries: [query(`sum by (reason) (${rate(metric.signalDiscarded)})`, '{{reason}}')],
    }),
  ],
}
