import { metric } from '../metric-names.ts'
import { alert, indent, type AlertRule, type RuleGroup } from '../rule.ts'
import { of } from '../series.ts'
import { KEPT, PATIENCE, THRESHOLDS } from '../thresholds.ts'
import { EXCUSED, FAILING, firstTier } from './served.ts'

const INVALID = 'job_instrument:orderbook_invalid:bool'
const INVALID_OFTEN = `avg_over_time(${INVALID}[1m]) > ${THRESHOLDS.invalidRatio}`
const NAMED = firstTier(`${FAILING} == 1`)

const invalid = (severity: 'critical' | 'warning'): AlertRule =>
  alert({
    alert: 'OrderBookInvalid',
    expr:
      severity === 'critical'
        ? firstTier(`(${INVALID_OFTEN})`)
        : `${INVALID_OFTEN}\nunless on (job, instrument)\n${firstTier(INVALID)}`,
    for: PATIENCE.symptom,
    keepFiringFor: KEPT,
    severity,
    summary: 'Book of {{ $labels.instrument }} is crossed, locked or impossible',
    description:
      'Invalid for {{ $value | humanizePercentage }} of the last minute; its values were absent.',
    dashboard: ['orderbook-overview', 'job', 'instrument'],
  })

/**
 * Alerts about single books. They page for the first tier, where no process serves the book; for all
 * others OrderBookBooksMissing pages by their share.
 */
export const bookGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_books_sli',
    rules: [
      {
        // Crossed books come and go within a second, so the rule uses the share of a minute.
        record: INVALID,
        expr: `max by (job, instrument) (${of(metric.state, 'state="invalid"')})
or
0 * max by (job, instrument) (${of(metric.up)})`,
      },
    ],
  },
  {
    name: 'orderbook_books',
    rules: [
      alert({
        alert: 'OrderBookStale',
        // The state is of one scrape: comparing the clocks of exporter and Prometheus would count
        // their difference as age.
        expr: `count by (job, instrument) (${of(metric.state, 'state="stale"')} == 1) > 0`,
        for: PATIENCE.symptom,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'Book of {{ $labels.instrument }} is stale',
        description:
          'In {{ $value }} process(es) nothing verifies it; its values are absent. The feed, a producer, the broker or a partition has failed.',
        dashboard: ['orderbook-overview', 'job', 'instrument'],
      }),
      invalid('critical'),
      invalid('warning'),
      alert({
        alert: 'OrderBookNotLive',
        expr: NAMED,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'critical',
        summary: 'Book of {{ $labels.instrument }} is not live',
        description:
          'No process serves it (value {{ $value }}); the dashboard shows state and reason.',
        dashboard: ['orderbook-overview', 'job', 'instrument'],
      }),
      alert({
        alert: 'OrderBookNotLive',
        expr: `(
  count by (job, instrument) (
    ${of(metric.up)} == 0
    unless on (job, instance, instrument)
    ${EXCUSED}
  )
  or
  ${FAILING} == 1
) > 0
unless on (job, instrument)
${indent(NAMED, 0)}`,
        for: PATIENCE.cause,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'Book of {{ $labels.instrument }} is not live in every process',
        description:
          '{{ $value }} process(es) have it without values: the dashboard shows state and reason. A name that the exchange does not know stays `waiting`.',
        dashboard: ['orderbook-overview', 'job', 'instrument'],
      }),
    ],
  },
]
