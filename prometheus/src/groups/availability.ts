import { metric } from '../metric-names.ts'
import { JOB } from '../generation.ts'
import { alert, indent, type AlertRule, type RuleGroup } from '../rule.ts'
import { of, UP } from '../series.ts'
import { KEPT, PATIENCE, THRESHOLDS } from '../thresholds.ts'
import { EXPECTED, FAILING, firstTier, MISSING, READERS_SERVED } from './served.ts'

const OVER_LIMIT = `max by (job) (${of(metric.instrumentsOverLimit)})`
const OVER_LIMIT_SHARE = `(${OVER_LIMIT} / on (job) (${EXPECTED} + on (job) ${OVER_LIMIT}))`

const exporterDown = (readers: 'hurt' | 'served'): AlertRule =>
  alert({
    alert: 'OrderBookExporterDown',
    expr: `${UP} == 0\n${readers === 'hurt' ? 'unless' : 'and'} on (job)\n${READERS_SERVED}`,
    for: PATIENCE.outage,
    keepFiringFor: KEPT,
    severity: readers === 'hurt' ? 'critical' : 'warning',
    summary: '{{ $labels.instance }} cannot be scraped',
    description:
      readers === 'hurt'
        ? 'up is {{ $value }}: the process is down, hangs, or its scrape fails. Its own series are missing, and books with it.'
        : 'up is {{ $value }}: the process is down, hangs, or its scrape fails. The others serve its books.',
    dashboard: ['orderbook-service', 'job', 'instance'],
  })

const overLimit = (severity: 'critical' | 'warning'): AlertRule =>
  alert({
    alert: 'OrderBookInstrumentsOverLimit',
    // Where it is unknown how many are within the limit, it counts as many.
    expr: `${OVER_LIMIT} > 0
${severity === 'critical' ? 'unless' : 'and'} on (job)
${OVER_LIMIT_SHARE} <= ${THRESHOLDS.missingShare}`,
    for: PATIENCE.cause,
    keepFiringFor: KEPT,
    severity,
    summary: '{{ $labels.job }} excludes instruments that are over MAX_INSTRUMENTS',
    description:
      '{{ $value }} instruments are over the limit: nobody subscribes to them or serves them.',
    dashboard: ['orderbook-overview', 'job'],
  })

/** Alerts about missing processes and missing books. */
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
      exporterDown('hurt'),
      exporterDown('served'),
      alert({
        alert: 'OrderBookExporterAbsent',
        expr: `absent(up{job="${JOB}"}) > 0`,
        for: PATIENCE.slow,
        keepFiringFor: KEPT,
        severity: 'critical',
        summary: 'Prometheus has no target of the job {{ $labels.job }}',
        description:
          'absent is {{ $value }}: nothing is scraped, so no other alert of the service can fire.',
        dashboard: ['orderbook-service', 'job'],
      }),
      alert({
        alert: 'OrderBookScrapesFailing',
        expr: `avg_over_time(${UP}[5m]) < ${THRESHOLDS.scrapesOk}`,
        for: PATIENCE.slow,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'Scrapes of {{ $labels.instance }} fail repeatedly',
        description:
          '{{ $value | humanizePercentage }} of the scrapes of 5 minutes succeeded: alerts on its series may be delayed.',
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookCrashLoop',
        expr: `changes(${of('process_start_time_seconds')}[15m]) > ${THRESHOLDS.restarts}`,
        for: PATIENCE.short,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} restarts repeatedly',
        description: `{{ $value }} starts within 15 minutes, above the limit of ${THRESHOLDS.restarts}.`,
        dashboard: ['orderbook-service', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookBooksMissing',
        // Without the books that page by name.
        expr: `${MISSING}
- on (job)
(
  count by (job) (
${indent(firstTier(`${FAILING} == 1`), 4)}
  ) / on (job) ${EXPECTED}
  or on (job)
  0 * ${MISSING}
)
> ${THRESHOLDS.missingShare}`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'critical',
        summary: '{{ $labels.job }} does not serve all its books',
        description:
          '{{ $value | humanizePercentage }} of the expected books are not live in any process.',
        dashboard: ['orderbook-overview', 'job'],
      }),
      alert({
        alert: 'OrderBookNoInstruments',
        expr: `sum by (job) (${of(metric.instruments)}) == 0
unless on (job)
${EXPECTED} > 0`,
        for: PATIENCE.cause,
        keepFiringFor: KEPT,
        severity: 'critical',
        summary: 'No process of {{ $labels.job }} has any instrument',
        description:
          '{{ $value }} instruments in all states, and no producer says how many are expected.',
        dashboard: ['orderbook-overview', 'job'],
      }),
      overLimit('critical'),
      overLimit('warning'),
    ],
  },
]
