import { LAG_BUCKETS_SECONDS } from '../buckets.ts'
import { gauge, histogram } from '../definition.ts'

/**
 * The stages up to `send_to_ack` are measured on the producer side, the others by the consumer.
 * Each side asks only for the cells of its own stages.
 */
export const pipelineLag = histogram({
  name: 'orderbook_pipeline_lag_seconds',
  unit: 'seconds',
  labels: {
    stage: [
      'exchange_to_receive',
      'receive_to_send',
      'send_to_ack',
      'receive_to_consume',
      'consume_to_publish',
      'receive_to_publish',
      'total',
    ],
  },
  help: 'Time in seconds that an update took through a stage of the pipeline, corrected for the clock offset. Normal: receive_to_publish p50 below 0.005 s and p99 below 0.5 s; exchange_to_receive is the way from the exchange.',
  side: 'both',
  buckets: LAG_BUCKETS_SECONDS,
})

export const topicDelayFloor = gauge({
  name: 'orderbook_topic_delay_floor_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Least time in seconds from receipt at a producer to this consumer in the last 5 minutes, by the wall clock of each (with the topic inside the process by one clock). Normal: some milliseconds; below zero or far above, a clock is wrong.',
  side: 'consumer',
})
