import { LOSS_REASONS, SEND_FAILURE_REASONS } from '../../model/topic.ts'
import { counter, gauge, histogram } from './definition.ts'
import { LAG_BUCKETS_SECONDS } from './histogram-buckets.ts'

export const numbersRecords = counter({
  name: 'orderbook_numbers_records_total',
  unit: null,
  labels: {},
  help: 'Records acknowledged by the topic of numbers.',
  normal:
    'rises while books are live; absent without `KAFKA_NUMBERS_TOPIC`, like all metrics of this group',
  role: 'consumer',
})

export const numbersDropped = counter({
  name: 'orderbook_numbers_dropped_total',
  unit: null,
  labels: { reason: ['superseded', ...LOSS_REASONS] },
  help: 'Updates and changes of state not written to the topic of numbers, by reason.',
  normal:
    '`superseded` rises with updates above ten a second, and while the topic is not available; others 0',
  role: 'consumer',
})

export const numbersProduceErrors = counter({
  name: 'orderbook_numbers_produce_errors_total',
  unit: null,
  labels: { reason: SEND_FAILURE_REASONS },
  help: 'Failed sends of batches to the topic of numbers, by reason.',
  normal: '0; the newest numbers and every state are sent again',
  role: 'consumer',
})

export const numbersTopicReady = gauge({
  name: 'orderbook_numbers_topic_ready',
  unit: null,
  labels: {},
  help: '1 while the topic of numbers can be written and acknowledges, else 0.',
  normal: '1; 0 does not affect books',
  role: 'consumer',
})

export const numbersQueueRecords = gauge({
  name: 'orderbook_numbers_queue_records',
  unit: 'records',
  labels: {},
  help: 'Records that wait for the topic of numbers or its acknowledgement.',
  normal: 'few: only those of the last milliseconds wait',
  role: 'consumer',
})

export const numbersQueueBytes = gauge({
  name: 'orderbook_numbers_queue_bytes',
  unit: 'bytes',
  labels: {},
  help: 'Bytes of the records that wait for the topic of numbers or its acknowledgement.',
  normal: 'far below half of `PRODUCER_QUEUE_MAX_BYTES`',
  role: 'consumer',
})

export const numbersLag = histogram({
  name: 'orderbook_numbers_lag_seconds',
  unit: 'seconds',
  labels: { stage: ['publish_to_send', 'send_to_ack'] },
  help: 'Lag of the numbers on their way to their topic, by stage.',
  normal:
    '`publish_to_send` below 0.11 s, as at most ten records a second are written; `send_to_ack` some ms',
  role: 'consumer',
  buckets: LAG_BUCKETS_SECONDS,
})
