import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { mean, quantile, rate, series } from '../parts/selector.ts'
import { TOPICS, terms, unaccounted } from './invariant.ts'

const NO_PRODUCER = 'No producer is scraped'
const KINDS = ['book', 'trades'] as const

/** Row: the topic as seen by producers. */
export const writingRow: Row = {
  title: 'Topic: writing',
  isCollapsed: true,
  panels: [
    graph({
      title: 'Frames unaccounted for',
      what: 'Received minus acknowledged, dropped, queued and in flight, by topic and producer; exact.',
      normal: '0, always.',
      act: 'a bug in the service: please report it with the terms shown here.',
      absent: `${NO_PRODUCER}, or the topics have other names than prices and trades`,
      unit: 'short',
      queries: KINDS.map((kind) => query(unaccounted(kind), `${TOPICS[kind]}, {{instance}}`)),
    }),
    graph({
      title: 'Frames that are not in the topic',
      what: 'Book frames queued, in flight, or dropped since the start of the process.',
      normal: 'close to 0.',
      act: 'the queue grows: the broker is slower than the exchange.',
      absent: `${NO_PRODUCER}, or the topic has another name than prices`,
      unit: 'short',
      min: 0,
      queries: [
        query(terms('book').waiting, 'waiting, {{instance}}'),
        query(terms('book').underWay, 'in flight, {{instance}}'),
        query(terms('book').dropped, 'dropped, {{instance}}'),
      ],
    }),
    graph({
      title: 'Records acknowledged',
      what: 'Records acknowledged by the topic per second: frames and checkpoints.',
      normal: 'frames as on the feed; more checkpoints the quieter the books are.',
      act: 'no checkpoints: quiet books are not verified and become stale.',
      absent: NO_PRODUCER,
      unit: 'ops',
      min: 0,
      queries: [
        query(`sum by (topic, kind) (${rate(metric.producedRecords)})`, '{{topic}} {{kind}}'),
      ],
    }),
    graph({
      title: 'Dropped by reason',
      what: 'Frames dropped before the topic acknowledged them, per second.',
      normal: 'none.',
      act: 'conflated and sequence_cut: the queue was full, newer snapshots replace the dropped ones; too_large: the broker refuses the size; refused: the broker refuses the record, mostly for its timestamp.',
      absent: NO_PRODUCER,
      unit: 'ops',
      min: 0,
      queries: [
        query(`sum by (topic, reason) (${rate(metric.droppedRecords)})`, '{{topic}} {{reason}}'),
      ],
      runbooks: ['OrderBookRecordsDropped'],
    }),
    graph({
      title: 'Failed sends',
      what: 'Failed batches per second by reason; they are retried while the queue has room.',
      normal: 'none.',
      act: 'timeout and connection: the broker or the network; broker: its log says why.',
      absent: NO_PRODUCER,
      unit: 'cps',
      min: 0,
      queries: [
        query(`sum by (topic, reason) (${rate(metric.produceErrors)})`, '{{topic}} {{reason}}'),
      ],
      runbooks: ['OrderBookProduceErrors', 'OrderBookBrokerDown'],
    }),
    graph({
      title: 'Bytes waiting for acknowledgement',
      what: 'Bytes in the queue of each producer and topic, those in flight included.',
      normal: 'close to 0.',
      act: 'at PRODUCER_QUEUE_MAX_BYTES frames are conflated or dropped, and counted.',
      absent: NO_PRODUCER,
      unit: 'bytes',
      min: 0,
      queries: [
        query(
          `sum by (instance, topic) (${series(metric.producerQueueBytes)})`,
          '{{topic}} {{instance}}',
        ),
      ],
      runbooks: ['OrderBookRecordsDropped'],
    }),
    graph({
      title: 'Records in a batch',
      what: 'Records per batch: median, 99th percentile and mean.',
      normal: 'one or few at ordinary load; more as the load grows.',
      act: 'at PRODUCER_BATCH_MAX_RECORDS all the time: the broker limits the rate.',
      absent: `${NO_PRODUCER}, or nothing was sent in this time`,
      unit: 'short',
      min: 0,
      queries: [
        query(quantile(0.5, metric.produceBatchRecords, ['instance']), 'p50 {{instance}}'),
        query(quantile(0.99, metric.produceBatchRecords, ['instance']), 'p99 {{instance}}'),
        query(mean(metric.produceBatchRecords, ['instance']), 'mean {{instance}}'),
      ],
    }),
    graph({
      title: 'Topics that can be written',
      what: '1 while a topic exists, may be written and acknowledges; 0 otherwise.',
      normal: '1 for each topic.',
      act: 'trades at 0: permissions or the topic itself, see /api/v1/pipeline; books do not depend on it.',
      absent: NO_PRODUCER,
      unit: 'short',
      min: 0,
      queries: [
        query(
          `min by (instance, topic) (${series(metric.producerTopicReady)})`,
          '{{topic}} {{instance}}',
        ),
      ],
      runbooks: ['OrderBookTopicNotReady', 'OrderBookProduceErrors'],
    }),
  ],
}
