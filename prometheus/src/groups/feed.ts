import { metric } from '../metric-names.ts'
import { alert, type RuleGroup } from '../rule.ts'
import { PATIENCE, THRESHOLDS } from '../thresholds.ts'

/** Alerts about the connection to the exchange. */
export const feedGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_feed',
    rules: [
      alert({
        alert: 'OrderBookExchangeMaintenance',
        expr: `max by (job) (${metric.exchangeMaintenance}) == 1`,
        for: PATIENCE.short,
        // The exchange recovers in several steps, which still affect the books.
        keepFiringFor: '2m',
        severity: 'info',
        summary: 'The exchange is in maintenance',
        description:
          'orderbook_exchange_maintenance is {{ $value }}: books are halted for at most 60 minutes. Alerts of books and feed are inhibited meanwhile.',
        dashboard: ['orderbook-overview', 'job'],
      }),
      alert({
        alert: 'OrderBookFeedDisconnected',
        expr: `min by (job, instance) (${metric.feedConnected}) == 0`,
        for: PATIENCE.symptom,
        severity: 'critical',
        summary: '{{ $labels.instance }} has no connection to the exchange',
        description:
          'orderbook_feed_connected is {{ $value }}: at least one connection is down, and its books go stale.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookFeedFlapping',
        expr: `sum by (job, instance) (
  increase(${metric.feedDisconnects}{reason!="shutdown"}[10m])
) > ${THRESHOLDS.feedDisconnects}`,
        for: PATIENCE.outage,
        keepFiringFor: '5m',
        severity: 'warning',
        summary: '{{ $labels.instance }} keeps losing its connection to the exchange',
        description: `{{ $value | humanize }} connections closed within 10 minutes, above the limit of ${THRESHOLDS.feedDisconnects}.`,
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookSubscriptionsMissing',
        expr: `sum by (job, instance) (${metric.feedSubscriptions}{state="requested"})
-
sum by (job, instance) (${metric.feedSubscriptions}{state="acknowledged"})
> 0`,
        for: '3m',
        severity: 'warning',
        summary: 'The exchange does not acknowledge channels of {{ $labels.instance }}',
        description:
          '{{ $value }} requested channels are not acknowledged; /api/v1/pipeline names them.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookGapRate',
        expr: `sum by (job, instrument) (increase(${metric.gaps}[5m])) > ${THRESHOLDS.gaps}`,
        for: PATIENCE.outage,
        severity: 'warning',
        summary: 'Changes of {{ $labels.instrument }} are missing repeatedly',
        description: `{{ $value | humanize }} gaps within 5 minutes, above the limit of ${THRESHOLDS.gaps}; after each the book has no values until the next snapshot.`,
        dashboard: ['orderbook-overview', 'job', 'instrument'],
      }),
    ],
  },
]
