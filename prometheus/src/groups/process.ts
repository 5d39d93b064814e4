import { metric } from '../metric-names.ts'
import { alert, type RuleGroup } from '../rule.ts'
import { of } from '../series.ts'
import { KEPT, PATIENCE, THRESHOLDS } from '../thresholds.ts'

/** Smallest delay from producer to consumer, where only a wrong clock explains it. */
export const CLOCK_WRONG = 'job_instance:orderbook_wrong_delay_floor_seconds:max'

const FLOOR = of(metric.topicDelayFloor)

/** Alerts about conditions that make measurements unreliable. */
export const processGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_process',
    rules: [
      {
        // A consumer that is behind all the time has a delay of its own.
        record: CLOCK_WRONG,
        expr: `max by (job, instance) (
  ${FLOOR} < ${THRESHOLDS.delayFloorMinSeconds}
  or
  (
    ${FLOOR} > ${THRESHOLDS.delayFloorMaxSeconds}
    unless on (job, instance)
    min_over_time(${of(metric.consumerLag)}[5m]) > 0
  )
)`,
      },
      alert({
        alert: 'OrderBookClocksDisagree',
        expr: `${CLOCK_WRONG} < ${THRESHOLDS.delayFloorMinSeconds} or ${CLOCK_WRONG} > ${THRESHOLDS.delayFloorMaxSeconds}`,
        for: PATIENCE.slow,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'The clock of {{ $labels.instance }} or of its producer is wrong',
        description:
          'No record came faster than {{ $value | humanizeDuration }} in 5 minutes: the clocks of the hosts differ, or the brokers hold records back. Alerts of lag are off meanwhile.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookClockSkew',
        expr: `sum by (job, instance) (increase(${of(metric.clockSkewEvents)}[5m])) > ${THRESHOLDS.clockSkewEvents}`,
        for: PATIENCE.cause,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'Clocks of {{ $labels.instance }} and other hosts disagree',
        description:
          '{{ $value | humanize }} lags within 5 minutes were negative beyond the clock uncertainty: lags across hosts are unreliable.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookOverloaded',
        expr: `max by (job, instance, role) (avg_over_time(${of(metric.overloaded)}[1m])) > 0`,
        for: PATIENCE.short,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'The {{ $labels.role }} of {{ $labels.instance }} is overloaded',
        description:
          'Records came faster than the process can handle for {{ $value | humanizePercentage }} of the last minute: it skips superseded records, and windows have gaps.',
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookEventLoopBlocked',
        expr: `max by (job, instance) (${of('nodejs_eventloop_lag_p99_seconds')}) > ${THRESHOLDS.eventLoopLagSeconds}`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'The event loop of {{ $labels.instance }} is blocked',
        description: `p99 event loop lag is {{ $value | humanizeDuration }}, above ${THRESHOLDS.eventLoopLagSeconds} s: frames, records and requests wait.`,
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookSeriesDropped',
        // Not a rate: what was dropped is missing until the process starts again.
        expr: `max by (job, instance, metric) (${of(metric.labelSetsDropped)}) > 0`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} drops series of {{ $labels.metric }}',
        description:
          'The metric reached its limit of series and refused others {{ $value }} times: dashboards and alerts do not see what they would say.',
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookTraceExportFailing',
        expr: `sum by (job, instance) (
  increase(${of(metric.traceExportFailures)}[10m])
) > ${THRESHOLDS.traceExportFailures}`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} loses its traces',
        description:
          '{{ $value | humanize }} exports of spans failed within 10 minutes: the collector is unreachable or rejects them.',
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
    ],
  },
]
