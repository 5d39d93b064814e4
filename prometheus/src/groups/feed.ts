import { metric } from '../metric-names.ts'
import { alert, type AlertRule, type RuleGroup } from '../rule.ts'
import { eventsBy, of } from '../series.ts'
import { KEPT, PATIENCE, THRESHOLDS } from '../thresholds.ts'
import { READERS_SERVED } from './served.ts'

const framesOf = (kind: string) =>
  `sum by (job) (rate(${of(metric.feedFrames, `kind="${kind}"`)}[5m]))`

const disconnected = (readers: 'hurt' | 'served'): AlertRule =>
  alert({
    alert: 'OrderBookFeedDisconnected',
    expr: `min by (job, instance) (${of(metric.feedConnected)}) == 0
${readers === 'hurt' ? 'unless' : 'and'} on (job)
${READERS_SERVED}`,
    for: PATIENCE.symptom,
    keepFiringFor: KEPT,
    severity: readers === 'hurt' ? 'critical' : 'warning',
    summary: '{{ $labels.instance }} has no connection to the exchange',
    description:
      readers === 'hurt'
        ? 'orderbook_feed_connected is {{ $value }}: at least one connection is down, and its books go stale.'
        : 'orderbook_feed_connected is {{ $value }}: at least one connection is down; a redundant producer serves its books.',
    dashboard: ['orderbook-pipeline', 'job', 'instance'],
  })

/** Alerts about the connection to the exchange. */
export const feedGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_feed',
    rules: [
      alert({
        alert: 'OrderBookExchangeMaintenance',
        expr: `max by (job) (${of(metric.exchangeMaintenance)}) == 1`,
        for: PATIENCE.short,
        // The exchange recovers in several steps, which still affect the books.
        keepFiringFor: '2m',
        severity: 'info',
        summary: 'The exchange is in maintenance',
        description:
          'orderbook_exchange_maintenance is {{ $value }}: books are halted for at most 60 minutes. Alerts of books and feed are inhibited meanwhile.',
        dashboard: ['orderbook-overview', 'job'],
      }),
      disconnected('hurt'),
      disconnected('served'),
      alert({
        alert: 'OrderBookExchangeFrozen',
        // Quiet books are probed, and each probe is answered with a frame.
        expr: `${framesOf('book')} == 0
and on (job)
${framesOf('heartbeat')} > 0
unless on (job)
${of(metric.exchangeMaintenance)} == 1`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'critical',
        summary: 'The exchange sends heartbeats and no book',
        description:
          '{{ $value }} book frames a second in 5 minutes: the values that {{ $labels.job }} shows as live do not change, and probes are not answered.',
        dashboard: ['orderbook-pipeline', 'job'],
      }),
      alert({
        alert: 'OrderBookTradesSilent',
        // Against its own past, because a market of options may have no trade for hours; without a start,
        // after which other settings may apply.
        expr: `sum by (job, instance) (increase(${of(metric.feedFrames, 'kind="trades"')}[10m])) == 0
and on (job, instance)
sum by (job, instance) (increase(${of(metric.feedFrames, 'kind="trades"')}[1h] offset 10m)) > ${THRESHOLDS.busyTrades}
and on (job, instance)
sum by (job, instance) (rate(${of(metric.feedFrames, 'kind="book"')}[10m])) > 0
and on (job, instance)
changes(${of('process_start_time_seconds')}[1h]) == 0`,
        for: PATIENCE.slow,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} receives books and no trades',
        description: `{{ $value }} frames of trades in 10 minutes, more than ${THRESHOLDS.busyTrades} in the hour before: volume and trade flow look like a market without trades.`,
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookFeedFlapping',
        expr: `sum by (job, instance) (
  increase(${of(metric.feedDisconnects, 'reason!="shutdown"')}[10m])
) > ${THRESHOLDS.feedDisconnects}`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} keeps losing its connection to the exchange',
        description: `{{ $value | humanize }} connections closed within 10 minutes, above the limit of ${THRESHOLDS.feedDisconnects}.`,
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookSubscriptionsMissing',
        expr: `sum by (job, instance) (${of(metric.feedSubscriptions, 'state="requested"')})
-
sum by (job, instance) (${of(metric.feedSubscriptions, 'state="acknowledged"')})
> 0`,
        for: '3m',
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'The exchange does not acknowledge channels of {{ $labels.instance }}',
        description:
          '{{ $value }} requested channels are not acknowledged; /api/v1/pipeline names them.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookProbesOverdue',
        expr: `max by (job, instance) (${of(metric.feedOldestProbeAge)}) > ${THRESHOLDS.probeAgeSeconds}`,
        for: PATIENCE.cause,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} probes quiet books too late',
        description:
          'A probe is overdue by {{ $value | humanizeDuration }}: a subscription that the exchange dropped is not detected.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookInvalidFrames',
        expr: `sum by (job, instance, reason) (
  increase(${of(metric.feedInvalidFrames)}[5m])
) > ${THRESHOLDS.invalidFrames}`,
        for: PATIENCE.cause,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} rejects frames of the exchange',
        description: `{{ $value | humanize }} frames within 5 minutes, above the limit of ${THRESHOLDS.invalidFrames}: {{ $labels.reason }}. The exchange may have changed its messages.`,
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookGapRate',
        expr: `${eventsBy('job, instrument', of(metric.gaps))} > ${THRESHOLDS.gaps}`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'Frames of {{ $labels.instrument }} are missing repeatedly',
        description: `{{ $value | humanize }} gaps within 5 minutes, above the limit of ${THRESHOLDS.gaps}; after each the book has no values until the next snapshot.`,
        dashboard: ['orderbook-overview', 'job', 'instrument'],
      }),
    ],
  },
]
