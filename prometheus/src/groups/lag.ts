import { burnRateAlerts, type BurnWindow } from '../burn-rate.ts'
import { metric } from '../metric-names.ts'
import { alert, type RecordingRule, type RuleGroup } from '../rule.ts'
import { of } from '../series.ts'
import { ERROR_BUDGETS, KEPT, PATIENCE, THRESHOLDS } from '../thresholds.ts'
import { CLOCK_WRONG } from './process.ts'

const QUANTILES = 'job_instance_stage:orderbook_pipeline_lag_seconds'
const OURS = 'stage="receive_to_publish"'
const lateShare = (window: BurnWindow) => `job:orderbook_late_updates:ratio_rate${window}`

const quantile = (record: string, q: number): RecordingRule => ({
  record,
  expr: `histogram_quantile(
  ${q},
  sum by (job, instance, stage, le) (rate(${of(`${metric.pipelineLag}_bucket`)}[5m]))
)`,
})

/**
 * Share of updates above the objective. Absent without updates: silence concerns
 * freshness.
 */
const late = (window: BurnWindow): RecordingRule => ({
  record: lateShare(window),
  expr: `1
-
sum by (job) (rate(${of(`${metric.pipelineLag}_bucket`, `${OURS}, le="${THRESHOLDS.lagSeconds}"`)}[${window}]))
/
(sum by (job) (rate(${of(`${metric.pipelineLag}_count`, OURS)}[${window}])) > 0)`,
})

const SHORT_WINDOWS: BurnWindow[] = ['5m', '30m', '1h']
const LONG_WINDOWS: BurnWindow[] = ['2h', '6h', '1d', '3d']

/** Objective: from receipt to values readable within the limit, for 99.5 % of the updates. */
export const lagGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_lag_sli',
    interval: '15s',
    rules: [
      quantile(`${QUANTILES}:p50_rate5m`, 0.5),
      quantile(`${QUANTILES}:p99_rate5m`, 0.99),
      ...SHORT_WINDOWS.map(late),
    ],
  },
  {
    name: 'orderbook_lag_sli_days',
    interval: '2m',
    rules: LONG_WINDOWS.map(late),
  },
  {
    name: 'orderbook_lag_alerts',
    interval: '15s',
    rules: [
      alert({
        alert: 'OrderBookPipelineLagHigh',
        // A wrong clock makes every update late, or early: OrderBookClocksDisagree says so.
        expr: `${QUANTILES}:p99_rate5m{${OURS}} > ${THRESHOLDS.lagSeconds}
unless on (job, instance)
${CLOCK_WRONG}`,
        for: PATIENCE.cause,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} is slow to publish',
        description: `p99 from receipt to readable values is {{ $value | humanizeDuration }}; the objective is ${THRESHOLDS.lagSeconds} s.`,
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookExchangeSlow',
        expr: `${QUANTILES}:p50_rate5m{stage="exchange_to_receive"} > ${THRESHOLDS.exchangeLagSeconds}`,
        for: PATIENCE.slow,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'Frames of the exchange reach {{ $labels.instance }} late',
        description: `The median update is {{ $value | humanizeDuration }} old at receipt, above ${THRESHOLDS.exchangeLagSeconds} s: exchange, network or clock.`,
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      ...burnRateAlerts({
        prefix: 'OrderBookLag',
        slo: 'orderbook-lag',
        series: lateShare,
        unless: CLOCK_WRONG,
        budget: ERROR_BUDGETS.lag,
        subject: 'The service {{ $labels.job }}',
        word: 'lag',
        said: `{{ $value | humanizePercentage }} of the updates were later than ${THRESHOLDS.lagSeconds} s in`,
        dashboard: ['orderbook-pipeline', 'job'],
      }),
    ],
  },
]
