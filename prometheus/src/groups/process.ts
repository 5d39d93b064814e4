import { metric } from '../metric-names.ts'
import { alert, JOB, type RuleGroup } from '../rule.ts'
import { PATIENCE, THRESHOLDS } from '../thresholds.ts'

/** What makes the measurements themselves doubtful. */
export const processGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_process',
    rules: [
      alert({
        alert: 'OrderBookClockSkew',
        expr: `sum by (job, instance) (increase(${metric.clockSkewEvents}[5m])) > ${THRESHOLDS.clockSkewEvents}`,
        for: PATIENCE.cause,
        severity: 'warning',
        summary: 'The clocks around {{ $labels.instance }} disagree',
        description:
          '{{ $value | humanize }} lags within 5 minutes came out negative beyond the uncertainty and count as 0: lags of other hosts cannot be trusted.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookEventLoopBlocked',
        expr: `max by (job, instance) (nodejs_eventloop_lag_p99_seconds{job="${JOB}"}) > ${THRESHOLDS.eventLoopLagSeconds}`,
        for: PATIENCE.outage,
        severity: 'warning',
        summary: 'The event loop of {{ $labels.instance }} is blocked',
        description: `One timer in a hundred is late by {{ $value | humanizeDuration }} or more, above ${THRESHOLDS.eventLoopLagSeconds} s: everything in that process waits.`,
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
    ],
  },
]
