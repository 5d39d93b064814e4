import { INVALID_RECORD_REASONS } from '../../model/pipeline.ts'
import { LOSS_REASONS, SEND_FAILURE_REASONS } from '../../model/topic.ts'
import { counter, gauge, histogram, OPEN } from './definition.ts'
import { BATCH_RECORDS_BUCKETS } from './histogram-buckets.ts'

export const producedRecords = counter({
  name: 'orderbook_produced_records_total',
  unit: null,
  labels: { topic: OPEN, kind: ['frame', 'checkpoint'] },
  help: 'Records acknowledged by the topic, by kind.',
  normal:
    '`frame` rises with `orderbook_feed_frames_total`; `checkpoint` once per `CHECKPOINT_MS` and instrument',
  role: 'producer',
})

export const produceErrors = counter({
  name: 'orderbook_produce_errors_total',
  unit: null,
  labels: { topic: OPEN, reason: SEND_FAILURE_REASONS },
  help: 'Failed sends of batches, by reason.',
  normal: '0; records are sent again unless dropped',
  role: 'producer',
})

export const droppedRecords = counter({
  name: 'orderbook_dropped_records_total',
  unit: null,
  labels: {
    topic: OPEN,
    reason: ['conflated', 'sequence_cut', ...LOSS_REASONS],
  },
  help: 'Frames dropped before the topic acknowledged them, by reason.',
  normal: '0; otherwise the queue was full, or the broker refuses records',
  role: 'producer',
})

export const producerQueueRecords = gauge({
  name: 'orderbook_producer_queue_records',
  unit: 'records',
  labels: { topic: OPEN },
  help: 'Frames waiting to be sent to the topic.',
  normal: 'few: only those of the last milliseconds wait',
  role: 'producer',
})

export const producerQueueBytes = gauge({
  name: 'orderbook_producer_queue_bytes',
  unit: 'bytes',
  labels: { topic: OPEN },
  help: 'Bytes of records waiting to be sent or acknowledged.',
  normal: 'far below `PRODUCER_QUEUE_MAX_BYTES`',
  role: 'producer',
})

export const producerInFlightRecords = gauge({
  name: 'orderbook_producer_in_flight_records',
  unit: 'records',
  labels: { topic: OPEN },
  help: 'Frames sent and not yet acknowledged.',
  normal: 'few: only those of the last milliseconds wait',
  role: 'producer',
})

export const producerTopicReady = gauge({
  name: 'orderbook_producer_topic_ready',
  unit: null,
  labels: { topic: OPEN },
  help: '1 while the topic can be written and the last sends were acknowledged, else 0.',
  normal: '1; `trades` at 0 does not affect books',
  role: 'producer',
})

export const produceBatchRecords = histogram({
  name: 'orderbook_produce_batch_records',
  unit: 'records',
  labels: {},
  help: 'Records per batch sent to the topic.',
  normal: 'rises with load up to `PRODUCER_BATCH_MAX_RECORDS`',
  role: 'producer',
  buckets: BATCH_RECORDS_BUCKETS,
})

export const consumedRecords = counter({
  name: 'orderbook_consumed_records_total',
  unit: null,
  labels: { topic: OPEN },
  help: 'Records read from the topic, invalid ones included.',
  normal: 'rises with the records of the topic',
  role: 'consumer',
})

export const skippedRecords = counter({
  name: 'orderbook_skipped_records_total',
  unit: null,
  labels: { topic: OPEN },
  help: 'Records skipped: before the start position, deleted before reading, or in an unreadable batch.',
  normal: 'rises at a start only',
  role: 'consumer',
})

export const conflatedRecords = counter({
  name: 'orderbook_conflated_records_total',
  unit: null,
  labels: { topic: OPEN },
  help: 'Snapshots skipped because a newer one followed while the consumer was behind.',
  normal: '0; rises during an overload of the consumer',
  role: 'consumer',
})

export const overloaded = gauge({
  name: 'orderbook_overloaded',
  unit: null,
  labels: { role: ['producer', 'consumer'] },
  help: '1 while records arrive faster than the process can handle them, else 0.',
  normal: '0',
  role: 'both',
})

export const invalidRecords = counter({
  name: 'orderbook_invalid_records_total',
  unit: null,
  labels: {
    topic: OPEN,
    reason: INVALID_RECORD_REASONS,
  },
  help: 'Records of the topic that failed validation and were skipped, by reason.',
  normal: '0; otherwise another writer uses the topic',
  role: 'consumer',
})

export const consumerLagRecords = gauge({
  name: 'orderbook_consumer_lag_records',
  unit: 'records',
  labels: { topic: OPEN, partition: OPEN },
  help: 'End offset of the partition minus the next offset to process; absent while unknown.',
  normal: 'few: only records of the last milliseconds',
  role: 'consumer',
})

export const consumerLag = gauge({
  name: 'orderbook_consumer_lag_seconds',
  unit: 'seconds',
  labels: { topic: OPEN, partition: OPEN },
  help: 'Maximum age of the oldest unprocessed record; 0 when caught up.',
  normal: 'below 1 s; grows by one second a second while reading stops',
  role: 'consumer',
})

export const consumerPartitions = gauge({
  name: 'orderbook_consumer_partitions',
  unit: null,
  labels: { topic: OPEN },
  help: 'Partitions assigned to this process.',
  normal: 'partitions of the topic divided by members of the group',
  role: 'consumer',
})

export const consumerRebalances = counter({
  name: 'orderbook_consumer_rebalances_total',
  unit: null,
  labels: { reason: ['join', 'rebalance', 'revoked'] },
  help: 'Changes of the partition assignment of this process, by reason.',
  normal: 'rises when a member joins or leaves',
  role: 'consumer',
})

export const consumerRestarts = counter({
  name: 'orderbook_consumer_restarts_total',
  unit: null,
  labels: { reason: ['crash', 'no_fetch'] },
  help: 'Consumers replaced by a new one, by reason.',
  normal: '0; rises while the broker is away',
  role: 'consumer',
})

export const consumerLastCommitTimestamp = gauge({
  name: 'orderbook_consumer_last_commit_timestamp_seconds',
  unit: 'seconds',
  labels: { topic: OPEN, partition: OPEN },
  help: 'Unix time of the last commit for the partition.',
  normal: 'a few seconds old; only lag tools use commits',
  role: 'consumer',
})

export const tradesEnabled = gauge({
  name: 'orderbook_trades_enabled',
  unit: null,
  labels: {},
  help: '1 while the trades topic is read, else 0; absent with TRADES=false.',
  normal: '1',
  role: 'consumer',
})
