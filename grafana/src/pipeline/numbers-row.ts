import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { quantile, rate, series } from '../parts/selector.ts'

const OFF = 'No consumer is scraped, or the topic of numbers is off (KAFKA_NUMBERS_TOPIC)'
const byInstance = (name: string) => `max by (instance) (${series(name)})`

/** Row: the topic of numbers as seen by the consumers that write it. */
export const numbersRow: Row = {
  title: 'Topic of numbers',
  isCollapsed: true,
  panels: [
    graph({
      title: 'Numbers acknowledged and dropped',
      what: 'Records acknowledged by the topic of numbers per second, and updates and changes of state that were not written, by reason.',
      normal: 'up to ten a second for each live book; superseded ones are ordinary.',
      act: 'queue_full: the broker is slow or gone; too_large and refused: the broker rejects the record.',
      absent: OFF,
      unit: 'ops',
      min: 0,
      queries: [
        query(`sum by (instance) (${rate(metric.numbersRecords)})`, 'acknowledged, {{instance}}'),
        query(`sum by (reason) (${rate(metric.numbersDropped)})`, 'dropped: {{reason}}'),
      ],
      runbooks: ['OrderBookNumbersDropped'],
    }),
    graph({
      title: 'Failed sends of numbers',
      what: 'Failed sends of batches to the topic of numbers per second, by reason, and whether it can be written.',
      normal: 'none failed; ready is 1.',
      act: 'see the broker; books do not depend on it.',
      absent: OFF,
      unit: 'short',
      min: 0,
      queries: [
        query(`sum by (reason) (${rate(metric.numbersProduceErrors)})`, '{{reason}}'),
        query(byInstance(metric.numbersTopicReady), 'ready, {{instance}}'),
      ],
      runbooks: ['OrderBookNumbersNotWritten'],
    }),
    graph({
      title: 'Lag of the numbers: 99th percentile',
      what: 'From values readable to sending, and from there to the acknowledgement.',
      normal: 'below 0.11 s until sending, as ten a second are written.',
      act: 'send_to_ack grows with the broker.',
      absent: OFF,
      unit: 's',
      isLog: true,
      queries: [query(quantile(0.99, metric.numbersLag, ['stage']), '{{stage}}')],
    }),
    graph({
      title: 'Numbers that wait',
      what: 'Records that wait for the topic of numbers or its acknowledgement.',
      normal: 'those of the last milliseconds.',
      act: 'it grows: the broker is slower than the books.',
      absent: OFF,
      unit: 'short',
      min: 0,
      width: 6,
      queries: [query(byInstance(metric.numbersQueueRecords), '{{instance}}')],
    }),
    graph({
      title: 'Bytes of numbers that wait',
      what: 'Bytes of these records.',
      normal: 'far below half of PRODUCER_QUEUE_MAX_BYTES.',
      act: 'at half of it records are dropped, and counted.',
      absent: OFF,
      unit: 'bytes',
      min: 0,
      width: 6,
      queries: [query(byInstance(metric.numbersQueueBytes), '{{instance}}')],
    }),
  ],
}
