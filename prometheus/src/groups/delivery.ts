import { BROKER_JOB } from '../generation.ts'
import { metric } from '../metric-names.ts'
import { alert, type RuleGroup } from '../rule.ts'
import { of } from '../series.ts'
import { KEPT, PATIENCE } from '../thresholds.ts'

const UNACCOUNTED = 'job_instance:orderbook_unaccounted_frames:sum'

const sumOf = (name: string, matchers = '') => `sum by (job, instance) (${of(name, matchers)})`
const eventsOf = (labels: string, name: string, matchers = '') =>
  `sum by (${labels}) (increase(${of(name, matchers)}[5m]))`

/** Alerts about frames and records that are lost on their way. */
export const deliveryGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_delivery',
    rules: [
      {
        record: UNACCOUNTED,
        expr: `${sumOf(metric.feedFrames, 'kind=~"book|trades"')}
-
${sumOf(metric.producedRecords, 'kind="frame"')}
-
${sumOf(metric.droppedRecords)}
-
${sumOf(metric.producerQueueRecords)}
-
${sumOf(metric.producerInFlightRecords)}`,
      },
      alert({
        alert: 'OrderBookFramesUnaccounted',
        // The terms are not read at one moment, so single readings differ by what is under way.
        expr: `min_over_time(${UNACCOUNTED}[5m]) - max_over_time(${UNACCOUNTED}[5m] offset 10m) > 0`,
        for: PATIENCE.short,
        keepFiringFor: '30m',
        severity: 'warning',
        summary: '{{ $labels.instance }} has lost frames without counting them',
        description:
          '{{ $value }} more frames than 10 minutes ago are neither in the topic nor counted as dropped, queued or under way: an error of the service.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookRecordsLost',
        // Every gap of the exchange and every dropped frame is one at each consumer too.
        expr: `${eventsOf('job, instance', metric.sequenceBreaks, 'reason="gap"')} > 0
unless on (job)
${eventsOf('job', metric.gaps)} > 0
unless on (job)
${eventsOf('job', metric.droppedRecords)} > 0`,
        for: PATIENCE.short,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'Records are lost between the producer and {{ $labels.instance }}',
        description:
          '{{ $value | humanize }} sequence gaps within 5 minutes that no producer has seen: the brokers or another writer lose records.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookCheckpointMismatch',
        expr: `${eventsOf('job, instance', metric.rejectedUpdates, 'reason="checkpoint_mismatch"')} > 0`,
        for: PATIENCE.short,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'Books of {{ $labels.instance }} differ from those of the producer',
        description:
          '{{ $value | humanize }} checkpoints within 5 minutes had other levels at the same change: numbers in between were wrong.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookBrokerDown',
        // The job of the brokers, where one is scraped; kafka_brokers is kafka_exporter's.
        expr: `up{job="${BROKER_JOB}"} == 0 or kafka_brokers{job="${BROKER_JOB}"} == 0`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'The broker {{ $labels.instance }} cannot be scraped',
        description:
          'Its metrics give {{ $value }}. Where producers and consumers cannot reach it either, their alerts follow.',
        dashboard: ['orderbook-pipeline'],
      }),
    ],
  },
]
