import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { mean, quantile, rate, series } from '../parts/selector.ts'
import { TOPICS, terms, unaccounted } from './invariant.ts'

const NO_PRODUCER = 'No producer is scraped'
const KINDS = ['book', 'trades'] as const

/** The topic from the side of the producers. */
export const writingRow: Row = {
  title: 'Topic: writing',
  panels: [
    graph({
      title: 'Frames not accounted for',
      what: 'Received, less acknowledged, dropped, waiting and under way; for each topic and producer, exact.',
      normal: '0, always.',
      act: 'a fault of the service: please report it, with the terms beside.',
      absent: `${NO_PRODUCER}, or the topics have other names than prices and trades`,
      unit: 'short',
      queries: KINDS.map((kind) => query(unaccounted(kind), `${TOPICS[kind]}, {{instance}}`)),
    }),
    graph({
      title: 'Where frames are that are not in the topic',
      what: 'Frames of the books that wait, are under way, or were dropped since the start of the process.',
      normal: 'next to none.',
      act: 'waiting ones grow: the broker is slower than the exchange.',
      absent: `${NO_PRODUCER}, or the topic has another name than prices`,
      unit: 'short',
      min: 0,
      queries: [
        query(terms('book').waiting, 'waiting, {{instance}}'),
        query(terms('book').underWay, 'under way, {{instance}}'),
        query(terms('book').dropped, 'dropped, {{instance}}'),
      ],
    }),
    graph({
      title: 'Records acknowledged',
      what: 'Records per second that the topic acknowledged: frames as they came, and checkpoints of ours.',
      normal: 'frames as on the feed; checkpoints the more, the quieter the books are.',
      act: 'no checkpoints: nothing proves quiet books, they go stale.',
      absent: NO_PRODUCER,
      unit: 'ops',
      min: 0,
      queries: [
        query(`sum by (topic, kind) (${rate(metric.producedRecords)})`, '{{topic}} {{kind}}'),
      ],
    }),
    graph({
      title: 'Dropped by reason',
      what: 'Frames per second that were given up before the topic acknowledged them.',
      normal: 'none.',
      act: 'conflated and chain_cut: the queue was full, later pictures stand for the dropped; too_large: the broker refuses the size; refused: the broker refuses the record, mostly for its timestamp.',
      absent: NO_PRODUCER,
      unit: 'ops',
      min: 0,
      queries: [
        query(`sum by (topic, reason) (${rate(metric.droppedRecords)})`, '{{topic}} {{reason}}'),
      ],
      runbooks: ['OrderBookRecordsDropped'],
    }),
    graph({
      title: 'Sends that failed',
      what: 'Batches per second that the broker did not take, by reason; they are sent again while the queue has room.',
      normal: 'none.',
      act: 'timeout and connection: the broker or the way to it; broker: its log says why.',
      absent: NO_PRODUCER,
      unit: 'cps',
      min: 0,
      queries: [
        query(`sum by (topic, reason) (${rate(metric.produceErrors)})`, '{{topic}} {{reason}}'),
      ],
      runbooks: ['OrderBookProduceErrors'],
    }),
    graph({
      title: 'Bytes that wait to be acknowledged',
      what: 'Bytes in the queue of each producer and topic, those under way included.',
      normal: 'next to none.',
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
      what: 'How many records are sent at once: the median, the 99th percentile and the mean.',
      normal: 'one or few at ordinary load; more as the load grows.',
      act: 'at PRODUCER_BATCH_MAX_RECORDS all the time: the broker limits the rate.',
      absent: `${NO_PRODUCER}, or nothing was sent in this time`,
      unit: 'short',
      min: 0,
      width: 24,
      queries: [
        query(quantile(0.5, metric.produceBatchRecords, ['instance']), 'p50 {{instance}}'),
        query(quantile(0.99, metric.produceBatchRecords, ['instance']), 'p99 {{instance}}'),
        query(mean(metric.produceBatchRecords, ['instance']), 'mean {{instance}}'),
      ],
    }),
  ],
}
