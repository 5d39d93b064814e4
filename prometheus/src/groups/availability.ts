import { metric } from '../metric-names.ts'
import { alert, JOB, type RuleGroup } from '../rule.ts'
import { PATIENCE } from '../thresholds.ts'

/** Whether there is anybody to ask at all. */
export const availabilityGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_availability',
    rules: [
      alert({
        alert: 'Watchdog',
        expr: 'vector(1) > 0',
        severity: 'none',
        summary: 'Alerts are evaluated and delivered',
        description:
          'Fires for ever, value {{ $value }}. The receiver calls for help when it is told no more.',
        dashboard: ['orderbook-overview'],
      }),
      alert({
        alert: 'OrderBookExporterDown',
        expr: `up{job="${JOB}"} == 0`,
        for: PATIENCE.outage,
        severity: 'critical',
        summary: '{{ $labels.instance }} cannot be scraped',
        description:
          'up is {{ $value }}: the process is gone, hangs, or its page of metrics fails. What it alone knew is unknown now.',
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookExporterAbsent',
        expr: `absent(up{job="${JOB}"}) > 0`,
        for: PATIENCE.slow,
        severity: 'critical',
        summary: 'Prometheus has no target of the job {{ $labels.job }}',
        description:
          'absent is {{ $value }}: nobody is asked, so no other alert of the service can fire.',
        dashboard: ['orderbook-service', 'job'],
      }),
      alert({
        alert: 'OrderBookNoInstruments',
        expr: `sum by (job) (${metric.instruments}) == 0`,
        for: PATIENCE.cause,
        severity: 'critical',
        summary: 'No process of {{ $labels.job }} answers for any instrument',
        description:
          '{{ $value }} instruments in all states together. Every book alert is blind to books that nobody has.',
        dashboard: ['orderbook-overview', 'job'],
      }),
    ],
  },
]
