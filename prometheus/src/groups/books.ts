import { metric } from '../metric-names.ts'
import { alert, indent, type RuleGroup } from '../rule.ts'
import { PATIENCE, THRESHOLDS } from '../thresholds.ts'

const INVALID = 'job_instrument:orderbook_invalid:bool'

/**
 * Seconds since a book was last verified, per process that owns it. Halted books are excluded,
 * because the exchange sends nothing for them.
 */
export const AGE = `timestamp(${metric.lastVerifiedTimestamp}) - ${metric.lastVerifiedTimestamp}
unless on (job, instance, instrument)
${metric.state}{state="halted"}`

/** Alerts about books without values. Of several processes the worst counts. */
export const bookGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_books_sli',
    rules: [
      {
        // Crossed books come and go within a second, so the rule uses the share of a minute.
        record: INVALID,
        expr: `max by (job, instrument) (${metric.state}{state="invalid"})
or
0 * max by (job, instrument) (${metric.up})`,
      },
    ],
  },
  {
    name: 'orderbook_books',
    rules: [
      alert({
        alert: 'OrderBookStale',
        expr: `max by (job, instrument) (
${indent(AGE, 2)}
) > ${THRESHOLDS.staleSeconds}`,
        for: PATIENCE.symptom,
        severity: 'critical',
        summary: 'Book of {{ $labels.instrument }} is stale',
        description:
          'Not verified for {{ $value | humanizeDuration }}; its values are absent. The feed, a producer, the broker or a partition has failed.',
        dashboard: ['orderbook-overview', 'job', 'instrument'],
      }),
      alert({
        alert: 'OrderBookInvalid',
        expr: `avg_over_time(${INVALID}[1m]) > ${THRESHOLDS.invalidRatio}`,
        for: PATIENCE.symptom,
        keepFiringFor: '1m',
        severity: 'critical',
        summary: 'Book of {{ $labels.instrument }} is crossed, locked or impossible',
        description:
          'Invalid for {{ $value | humanizePercentage }} of the last minute; its values were absent.',
        dashboard: ['orderbook-overview', 'job', 'instrument'],
      }),
      alert({
        alert: 'OrderBookNotLive',
        // One-sided books are ordinary for options; halted ones are the exchange's decision.
        expr: `count by (job, instrument) (
  ${metric.up} == 0
  unless on (job, instance, instrument)
  ${metric.state}{state=~"one_sided|halted|waiting"}
) > 0`,
        for: PATIENCE.cause,
        severity: 'critical',
        summary: 'Book of {{ $labels.instrument }} is not live',
        description:
          '{{ $value }} process(es) serve it without values; the dashboard shows state and reason.',
        dashboard: ['orderbook-overview', 'job', 'instrument'],
      }),
      alert({
        alert: 'OrderBookNotLive',
        // Most often an unknown instrument name, so the alert is not critical.
        expr: `count by (job, instrument) (${metric.state}{state="waiting"} == 1) > 0`,
        for: PATIENCE.cause,
        severity: 'warning',
        summary: 'Book of {{ $labels.instrument }} has never had a snapshot',
        description:
          '{{ $value }} process(es) wait for it: the exchange does not know the name or did not answer the subscription.',
        dashboard: ['orderbook-overview', 'job', 'instrument'],
      }),
    ],
  },
]
