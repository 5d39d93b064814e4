import { burnRateAlerts, type BurnWindow } from '../burn-rate.ts'
import { AGE } from './books.ts'
import { metric } from '../metric-names.ts'
import { indent, type RecordingRule, type RuleGroup } from '../rule.ts'
import { ERROR_BUDGETS, THRESHOLDS } from '../thresholds.ts'

const STALE = 'job_instrument:orderbook_stale'
const averageOf = (window: BurnWindow) => `${STALE}:ratio_avg${window}`

const over = (window: BurnWindow, series: string): RecordingRule => ({
  record: averageOf(window),
  expr: `avg_over_time(${series}[${window}])`,
})

/** Objective: a book is verified within the limit, 99.5 % of the time. */
export const freshnessGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_freshness_sli',
    interval: '15s',
    rules: [
      {
        // A halt counts as good time. If it were excluded from the average, the short time before it
        // would represent the whole window.
        record: `${STALE}:bool`,
        expr: `max by (job, instrument) (
  (
${indent(AGE, 4)}
  ) > bool ${THRESHOLDS.staleSeconds}
)
or
0 * max by (job, instrument) (${metric.state}{state="halted"})`,
      },
      over('5m', `${STALE}:bool`),
    ],
  },
  {
    name: 'orderbook_freshness_sli_hour',
    interval: '1m',
    rules: [over('30m', `${STALE}:bool`), over('1h', `${STALE}:bool`)],
  },
  {
    // Averages of averages over equal windows keep days of 3,000 books cheap. The cost is
    // a delay of half the inner window.
    name: 'orderbook_freshness_sli_days',
    interval: '4m',
    rules: [
      over('2h', averageOf('5m')),
      over('6h', averageOf('5m')),
      over('1d', averageOf('30m')),
      over('3d', averageOf('30m')),
    ],
  },
  {
    name: 'orderbook_freshness_alerts',
    interval: '15s',
    rules: burnRateAlerts({
      prefix: 'OrderBookFreshness',
      slo: 'orderbook-freshness',
      series: averageOf,
      budget: ERROR_BUDGETS.freshness,
      subject: 'Book of {{ $labels.instrument }}',
      word: 'freshness',
      said: 'Stale {{ $value | humanizePercentage }} of',
      dashboard: ['orderbook-overview', 'job', 'instrument'],
    }),
  },
]
