import { metric } from '../metric-names.ts'
import { alert, type RuleGroup } from '../rule.ts'
import { PATIENCE, THRESHOLDS } from '../thresholds.ts'

const invalid = (inside: string) => `sum by (job, instance, topic, reason) (${inside})`

/** Alerts about producing to and consuming from the topic. */
export const topicGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_topic',
    rules: [
      alert({
        alert: 'OrderBookConsumerLagging',
        expr: `max by (job, instance, topic) (${metric.consumerLag}) > ${THRESHOLDS.consumerLagSeconds}`,
        for: PATIENCE.outage,
        severity: 'warning',
        summary: '{{ $labels.instance }} is behind in the topic {{ $labels.topic }}',
        description: `Its slowest partition is {{ $value | humanizeDuration }} behind. Above ${THRESHOLDS.consumerLagSeconds} s its books are catching_up without values.`,
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookConsumerStuck',
        expr: `sum by (job, instance, topic) (${metric.consumerLagRecords}) > 0
and on (job, instance, topic)
sum by (job, instance, topic) (rate(${metric.consumedRecords}[1m])) == 0`,
        for: PATIENCE.outage,
        severity: 'warning',
        summary: '{{ $labels.instance }} does not read the topic {{ $labels.topic }}',
        description:
          '{{ $value | humanize }} records wait in its partitions and none was read for a minute.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookConsumerOwnsNothing',
        expr: `sum by (job, instance) (${metric.consumerPartitions}) == 0`,
        for: PATIENCE.cause,
        severity: 'warning',
        summary: '{{ $labels.instance }} owns no partition',
        description:
          '{{ $value }} partitions: more consumers than partitions, a group that keeps rebalancing, or no topic.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookRecordsDropped',
        expr: `sum by (job, instance, topic, reason) (increase(${metric.droppedRecords}[5m])) > 0`,
        for: PATIENCE.short,
        severity: 'warning',
        summary: '{{ $labels.instance }} drops records of the topic {{ $labels.topic }}',
        description:
          '{{ $value | humanize }} frames within 5 minutes never reached the topic: {{ $labels.reason }}.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookProduceErrors',
        expr: `sum by (job, instance, topic, reason) (
  increase(${metric.produceErrors}[5m])
) > ${THRESHOLDS.produceErrors}`,
        for: PATIENCE.outage,
        severity: 'warning',
        summary: '{{ $labels.instance }} cannot write to the topic {{ $labels.topic }}',
        description:
          '{{ $value | humanize }} sends failed within 5 minutes: {{ $labels.reason }}. They are retried while the queue has room.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookInvalidRecords',
        // The series begins with the first such record, which `increase` does not count.
        expr: `${invalid(`increase(${metric.invalidRecords}[5m])`)} > 0
or
(
  ${invalid(metric.invalidRecords)}
  unless
  ${invalid(`${metric.invalidRecords} offset 5m`)}
) > 0`,
        for: PATIENCE.short,
        severity: 'warning',
        summary: 'The topic {{ $labels.topic }} holds invalid records',
        description:
          '{{ $labels.instance }} skipped {{ $value | humanize }} records within 5 minutes: {{ $labels.reason }}. Its log names partition and offset.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
    ],
  },
]
