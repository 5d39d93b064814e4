import { counter, gauge, histogram, OPEN } from '../definition.ts'

export const producedRecords = counter({
  name: 'orderbook_produced_records_total',
  unit: null,
  labels: { topic: OPEN, kind: ['frame', 'checkpoint'] },
  help: 'Records that the topic acknowledged, by kind. Normal: frame rises as orderbook_feed_frames_total does, checkpoint once every CHECKPOINT_MS for each instrument.',
  side: 'producer',
})

export const produceErrors = counter({
  name: 'orderbook_produce_errors_total',
  unit: null,
  labels: { topic: OPEN, reason: ['timeout', 'connection', 'broker', 'too_large'] },
  help: 'Sends of a batch that failed, by reason; the records are sent again unless dropped. Normal: 0.',
  side: 'producer',
})

export const droppedRecords = counter({
  name: 'orderbook_dropped_records_total',
  unit: null,
  labels: {
    topic: OPEN,
    reason: ['conflated', 'chain_cut', 'queue_full', 'too_large', 'refused', 'shutdown'],
  },
  help: 'Frames that were given up before the topic acknowledged them, by reason. Normal: 0; else the queue was full for longer than it can hold, or the broker refused the records themselves.',
  side: 'producer',
})

export const producerQueueRecords = gauge({
  name: 'orderbook_producer_queue_records',
  unit: 'records',
  labels: { topic: OPEN },
  help: 'Frames that wait to be sent to the topic. Normal: those of the last milliseconds.',
  side: 'producer',
})

export const producerQueueBytes = gauge({
  name: 'orderbook_producer_queue_bytes',
  unit: 'bytes',
  labels: { topic: OPEN },
  help: 'Bytes of the records that wait to be sent or acknowledged, bounded by PRODUCER_QUEUE_MAX_BYTES. Normal: far below it.',
  side: 'producer',
})

export const producerInFlightRecords = gauge({
  name: 'orderbook_producer_in_flight_records',
  unit: 'records',
  labels: { topic: OPEN },
  help: 'Frames that were sent and not acknowledged yet. Normal: those of the last milliseconds.',
  side: 'producer',
})

export const produceBatchRecords = histogram({
  name: 'orderbook_produce_batch_records',
  unit: 'records',
  labels: {},
  help: 'Records of each batch that was sent to the topic. Normal: rises with the load up to PRODUCER_BATCH_MAX_RECORDS.',
  side: 'producer',
  buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
})

export const consumedRecords = counter({
  name: 'orderbook_consumed_records_total',
  unit: null,
  labels: { topic: OPEN },
  help: 'Records that were taken from the topic, unusable ones included. Normal: rises as the topic grows.',
  side: 'consumer',
})

export const skippedRecords = counter({
  name: 'orderbook_skipped_records_total',
  unit: null,
  labels: { topic: OPEN },
  help: 'Records of the topic that were passed over unread, such as those before a warm start. Normal: rises at a start only.',
  side: 'consumer',
})

export const invalidRecords = counter({
  name: 'orderbook_invalid_records_total',
  unit: null,
  labels: {
    topic: OPEN,
    reason: ['json', 'schema', 'unknown_channel', 'key_mismatch', 'timestamp'],
  },
  help: 'Records of the topic that were skipped because they could not be read, by reason. Normal: 0; somebody else writes to the topic.',
  side: 'consumer',
})

export const consumerLagRecords = gauge({
  name: 'orderbook_consumer_lag_records',
  unit: 'records',
  labels: { topic: OPEN, partition: OPEN },
  help: 'End of the partition, read each second, minus the next record to process; no series where the end was not read within 5 s. Normal: the records of the last milliseconds.',
  side: 'consumer',
})

export const consumerLag = gauge({
  name: 'orderbook_consumer_lag_seconds',
  unit: 'seconds',
  labels: { topic: OPEN, partition: OPEN },
  help: 'Age in seconds of the oldest record that may wait, so that it grows by one a second when reading stops; 0 when read to the end. Normal: below 1 s.',
  side: 'consumer',
})

export const consumerPartitions = gauge({
  name: 'orderbook_consumer_partitions',
  unit: null,
  labels: { topic: OPEN },
  help: 'Partitions that this process owns. Normal: those of the topic shared out among the members of the group.',
  side: 'consumer',
})

export const consumerRebalances = counter({
  name: 'orderbook_consumer_rebalances_total',
  unit: null,
  labels: { reason: ['join', 'rebalance', 'revoked'] },
  help: 'Changes of the assignment of partitions to this process, by reason. Normal: rises when a member comes or goes.',
  side: 'consumer',
})

export const consumerRestarts = counter({
  name: 'orderbook_consumer_restarts_total',
  unit: null,
  labels: { reason: ['crash', 'no_fetch'] },
  help: 'Consumers that were replaced by a new one, by reason. Normal: 0, it rises when the broker is away.',
  side: 'consumer',
})

export const consumerLastCommitTimestamp = gauge({
  name: 'orderbook_consumer_last_commit_timestamp_seconds',
  unit: 'seconds',
  labels: { topic: OPEN, partition: OPEN },
  help: 'Time of the last commit of this process for the partition, Unix time in seconds; for lag tools of the group, nothing starts from it. Normal: its age is some seconds while records come.',
  side: 'consumer',
})

export const tradesEnabled = gauge({
  name: 'orderbook_trades_enabled',
  unit: null,
  labels: {},
  help: 'Whether the topic of the trades is read: 1, or 0 where TRADES is false, or it is missing or has another number of partitions. Normal: 1.',
  side: 'consumer',
})
