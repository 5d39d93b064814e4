import { burnRateAlerts, type BurnWindow } from '../burn-rate.ts'
import type { RecordingRule, RuleGroup } from '../rule.ts'
import { ERROR_BUDGETS } from '../thresholds.ts'
import { MISSING } from './served.ts'

/** The share of missing books, averaged over a window. */
export const averageOf = (window: BurnWindow | '4m') => `${MISSING}_avg${window}`
/** Steps of 4 minutes within 30 days. */
const STEPS = (30 * 24 * 60) / 4

/** Freshness budget left of 30 days: 1 = untouched, below 0 = overspent. */
export const BUDGET_LEFT = 'job:orderbook_freshness_budget_left:ratio'

const over = (window: BurnWindow | '4m', series: string): RecordingRule => ({
  record: averageOf(window),
  expr: `avg_over_time(${series}[${window}])`,
})

/**
 * Objective: of the book-seconds expected, 99.5 % are live (or one-sided, or halted by the exchange).
 * What nobody exports any more counts as missed.
 */
export const freshnessGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_freshness_sli',
    interval: '15s',
    rules: [over('5m', MISSING)],
  },
  {
    name: 'orderbook_freshness_sli_hour',
    interval: '1m',
    rules: [over('30m', MISSING), over('1h', MISSING)],
  },
  {
    // Averages of averages over equal windows keep days cheap. The cost is a delay of half the inner
    // window.
    name: 'orderbook_freshness_sli_days',
    interval: '4m',
    rules: [
      over('4m', MISSING),
      over('2h', averageOf('5m')),
      over('6h', averageOf('5m')),
      over('1d', averageOf('30m')),
      over('3d', averageOf('30m')),
      {
        // A sum: time from before the first sample spent nothing.
        record: BUDGET_LEFT,
        expr: `1 - sum_over_time(${averageOf('4m')}[30d]) / ${STEPS} / ${ERROR_BUDGETS.freshness}`,
      },
    ],
  },
  {
    name: 'orderbook_freshness_alerts',
    interval: '15s',
    rules: burnRateAlerts({
      prefix: 'OrderBookFreshness',
      slo: 'orderbook-freshness',
      series: averageOf,
      // A job of two minutes has no history that a bad half minute could be a share of.
      knownSince: (window) => `${MISSING} offset ${window}`,
      budget: ERROR_BUDGETS.freshness,
      subject: 'The service {{ $labels.job }}',
      word: 'freshness',
      said: '{{ $value | humanizePercentage }} of the expected book time was not live in',
      dashboard: ['orderbook-overview', 'job'],
    }),
  },
]
