import { metric } from '../metric-names.ts'
import { alert, type RuleGroup } from '../rule.ts'
import { eventsBy, of } from '../series.ts'
import { KEPT, PATIENCE, THRESHOLDS } from '../thresholds.ts'

/** Alerts about producing to and consuming from the topic. */
export const topicGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_topic',
    rules: [
      alert({
        alert: 'OrderBookConsumerLagging',
        expr: `max by (job, instance, topic) (${of(metric.consumerLag)}) > ${THRESHOLDS.consumerLagSeconds}`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} is behind in the topic {{ $labels.topic }}',
        description: `Its slowest partition is {{ $value | humanizeDuration }} behind. Above ${THRESHOLDS.consumerLagSeconds} s its books are catching_up without values.`,
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookConsumerStuck',
        expr: `sum by (job, instance, topic) (${of(metric.consumerLagRecords)}) > 0
and on (job, instance, topic)
sum by (job, instance, topic) (rate(${of(metric.consumedRecords)}[1m])) == 0`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} does not read the topic {{ $labels.topic }}',
        description:
          '{{ $value | humanize }} records wait in its partitions and none was read for a minute.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookConsumerOwnsNothing',
        expr: `sum by (job, instance) (${of(metric.consumerPartitions)}) == 0`,
        for: PATIENCE.cause,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} owns no partition',
        description:
          '{{ $value }} partitions: more consumers than partitions, a group that keeps rebalancing, or no topic.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookRecordsDropped',
        expr: `sum by (job, instance, topic, reason) (increase(${of(metric.droppedRecords)}[5m])) > 0`,
        for: PATIENCE.short,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} drops records of the topic {{ $labels.topic }}',
        description:
          '{{ $value | humanize }} frames within 5 minutes never reached the topic: {{ $labels.reason }}.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookProduceErrors',
        expr: `sum by (job, instance, topic, reason) (
  increase(${of(metric.produceErrors)}[5m])
) > ${THRESHOLDS.produceErrors}`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} cannot write to the topic {{ $labels.topic }}',
        description:
          '{{ $value | humanize }} sends failed within 5 minutes: {{ $labels.reason }}. They are retried while the queue has room.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookInvalidRecords',
        expr: `${eventsBy('job, instance, topic, reason', of(metric.invalidRecords))} > 0`,
        for: PATIENCE.short,
        severity: 'warning',
        summary: 'The topic {{ $labels.topic }} holds invalid records',
        description:
          '{{ $labels.instance }} skipped {{ $value | humanize }} records within 5 minutes: {{ $labels.reason }}. Its log names partition and offset.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookTopicNotReady',
        expr: `min by (job, instance, topic) (${of(metric.producerTopicReady)}) == 0`,
        for: PATIENCE.cause,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} cannot write the topic {{ $labels.topic }}',
        description:
          'Ready is {{ $value }}: the topic is missing, refuses this process, or its brokers do not acknowledge. Records wait in a bounded queue.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookConsumerReplaced',
        expr: `sum by (job, instance, reason) (
  increase(${of(metric.consumerRestarts)}[15m])
) > ${THRESHOLDS.consumerRestarts}`,
        for: PATIENCE.outage,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'The consumer of {{ $labels.instance }} fails repeatedly',
        description: `{{ $value | humanize }} consumers replaced within 15 minutes, above the limit of ${THRESHOLDS.consumerRestarts}: {{ $labels.reason }}. Its books have no values meanwhile.`,
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookTradesNotRead',
        // Absent with TRADES=false.
        expr: `min by (job, instance) (${of(metric.tradesEnabled)}) == 0`,
        for: PATIENCE.slow,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} does not read the topic of trades',
        description:
          'orderbook_trades_enabled is {{ $value }}: books are served, trade flow and volumes are missing.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookNumbersNotWritten',
        // Absent without KAFKA_NUMBERS_TOPIC.
        expr: `min by (job, instance) (${of(metric.numbersTopicReady)}) == 0`,
        for: PATIENCE.cause,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} does not write the topic of numbers',
        description:
          'orderbook_numbers_topic_ready is {{ $value }}: books and metrics are served, readers of the topic get nothing new.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookNumbersDropped',
        // Superseded updates are dropped by design.
        expr: `sum by (job, instance, reason) (
  increase(${of(metric.numbersDropped, 'reason!="superseded"')}[5m])
) > 0`,
        for: PATIENCE.short,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: '{{ $labels.instance }} drops records of the topic of numbers',
        description:
          '{{ $value | humanize }} records within 5 minutes never reached the topic of numbers: {{ $labels.reason }}.',
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookRebalanceStorm',
        expr: `sum by (job, instance) (
  increase(${of(metric.consumerRebalances)}[10m])
) > ${THRESHOLDS.rebalances}`,
        for: PATIENCE.cause,
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'The partitions of {{ $labels.instance }} change repeatedly',
        description: `{{ $value | humanize }} changes of its assignment within 10 minutes, above the limit of ${THRESHOLDS.rebalances}; books are without values during each.`,
        dashboard: ['orderbook-pipeline', 'job', 'instance'],
      }),
      alert({
        alert: 'OrderBookConfigDiffers',
        // Roles differ by design. Without build_info the role is unknown.
        expr: `count by (job, role) (
  count by (job, role, hash) (
    ${of(metric.configInfo)}
    * on (job, instance) group_left (role)
    ${of(metric.buildInfo, 'role!="producer"')}
    or
    (
      ${of(metric.configInfo)}
      unless on (job, instance)
      ${of(metric.buildInfo)}
    )
  )
) > 1`,
        // Longer than a rollout.
        for: '10m',
        keepFiringFor: KEPT,
        severity: 'warning',
        summary: 'Consumers of {{ $labels.job }} have different configurations',
        description:
          '{{ $value }} configurations of one role: readers get different numbers for the same book.',
        dashboard: ['orderbook-service', 'job'],
      }),
    ],
  },
]
