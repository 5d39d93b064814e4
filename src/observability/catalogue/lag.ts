import { CONSUMER_STAGES, PRODUCER_STAGES } from '../../model/pipeline.ts'
import { gauge, histogram } from './definition.ts'
import { LAG_BUCKETS_SECONDS } from './histogram-buckets.ts'

/**
 * Latency by stage. The producer measures the stages up to `send_to_ack`, the consumer the others.
 * Each role requests only the series of its own stages.
 */
export const pipelineLag = histogram({
  name: 'orderbook_pipeline_lag_seconds',
  unit: 'seconds',
  labels: { stage: [...PRODUCER_STAGES, ...CONSUMER_STAGES] },
  help: 'Latency of an update through a stage, corrected for the clock offset.',
  normal:
    '`receive_to_publish` p50 below 0.005 s, p99 below 0.5 s; `exchange_to_receive` is the network path',
  role: 'both',
  buckets: LAG_BUCKETS_SECONDS,
})

export const topicDelayFloor = gauge({
  name: 'orderbook_topic_delay_floor_seconds',
  unit: 'seconds',
  labels: {},
  help: 'Smallest delay from producer to this consumer in 5 minutes, across both wall clocks.',
  normal: 'some milliseconds; below 0 or far above, a clock is wrong',
  role: 'consumer',
})
