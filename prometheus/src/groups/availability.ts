import { metric } from '../metric-names.ts'
import { alert, JOB, type RuleGroup } from '../rule.ts'
import { PATIENCE } from '../thresholds.ts'

/** Alerts about missing processes. */
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
          'Always fires (value {{ $value }}). The receiver raises an alarm when it stops.',
        dashboard: ['orderbook-overview'],
      }),
      alert({
        alert: 'OrderBookExporterDown',
        expr: `up{job="${JOB}"} == 0`,
        for: PATIENCE.outage,
        severity: 'critical',
        summary: '{{ $labels.instance }} cannot be scraped',
        description:
          'up is {{ $value }}: the process is down, hangs, or its scrape fails. Its own series are missing.',
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookExporterAbsent',
        expr: `absent(up{job="${JOB}"}) > 0`,
        for: PATIENCE.slow,
        severity: 'critical',
        summary: 'Prometheus has no target of the job {{ $labels.job }}',
        description:
          'absent is {{ $value }}: nothing is scraped, so no other alert of the service can fire.',
        dashboard: ['orderbook-service', 'job'],
      }),
      alert({
        alert: 'OrderBookNoInstruments',
        expr: `sum by (job) (${metric.instruments}) == 0`,
        for: PATIENCE.cause,
        severity: 'critical',
        summary: 'No process of {{ $labels.job }} has any instrument',
        description:
          '{{ $value }} instruments in all states. Book alerts cannot fire for books that no process has.',
        dashboard: ['orderbook-overview', 'job'],
      }),
    ],
  },
]
