import { metric } from '../metric-names.ts'
import { alert, JOB, type RuleGroup } from '../rule.ts'
import { PATIENCE, THRESHOLDS } from '../thresholds.ts'

/** Alerts about conditions that make measurements unreliable. */
export const processGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_process',
    rules: [
      alert({
        alert: 'OrderBookClockSkew',
        expr: `sum by (job, instance) (increase(${metric.clockSkewEvents}[5m])) > ${THRESHOLDS.clockSkewEvents}`,
        for: PATIENCE.cause,
        severity: 'warning',
        summary: 'Clocks of {{ $labels.instance }} and other hosts disagree',
        description:
          '{{ $value | humanize }} lags within 5 minutes were negative beyond the clock uncertainty: lags across hosts are unreliable.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookOverloaded',
        expr: `max by (job, instance, role) (avg_over_time(${metric.overloaded}[1m])) > 0`,
        for: PATIENCE.short,
        severity: 'warning',
        summary: 'The {{ $labels.role }} of {{ $labels.instance }} is overloaded',
        description:
          'Records came faster than the process can handle for {{ $value | humanizePercentage }} of the last minute: newest wins, and windows have gaps.',
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookEventLoopBlocked',
        expr: `max by (job, instance) (nodejs_eventloop_lag_p99_seconds{job="${JOB}"}) > ${THRESHOLDS.eventLoopLagSeconds}`,
        for: PATIENCE.outage,
        severity: 'warning',
        summary: 'The event loop of {{ $labels.instance }} is blocked',
        description: `p99 event loop lag is {{ $value | humanizeDuration }}, above ${THRESHOLDS.eventLoopLagSeconds} s: frames, records and requests wait.`,
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
    ],
  },
]
