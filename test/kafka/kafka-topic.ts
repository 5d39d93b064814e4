import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { systemClock } from '../../src/time/clock.ts'
import type { BeforeBatch, StartPosition } from '../../src/topic/consumer/start-position.ts'
import {
  createKafkaTopic,
  type KafkaTopicDeps,
  type KafkaTopicOptions,
} from '../../src/topic/kafka/kafka-topic.ts'
import { createConsumerMetrics, createProducerMetrics } from '../../src/topic/metrics.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { silentLogger } from '../topic/records.ts'

const STOP_MS = 10_000

/** A Kafka topic as the service makes it, with everything stopped at the end of the test. */
export function kafkaTopic(
  options: Partial<KafkaTopicOptions> & { brokers?: readonly string[]; name: string },
  deps: Partial<KafkaTopicDeps> = {},
) {
  const { name, brokers = [] } = options
  const registry = new MetricRegistry({ role: 'all' })
  const consumerMetrics = createConsumerMetrics(registry)
  const topic = createKafkaTopic(
    {
      connection: { brokers, tls: null, sasl: null },
      topics: [{ name, overflow: 'conflate' }],
      partitions: 4,
      replicationFactor: 1,
      retentionMs: 3_600_000,
      retentionBytes: 4_294_967_296,
      acks: 'all',
      lingerMs: 5,
      batchMaxRecords: 200,
      queueMaxBytes: 64 * 1024 * 1024,
      delayLimitMs: 1000,
      ...options,
    },
    {
      clock: systemClock,
      logger: silentLogger,
      load: () => 0,
      onFatal: (error) => {
        throw error
      },
      ...deps,
    },
  )
  registerCleanUp(() => topic.close(STOP_MS))
  const makeProducer = () => {
    const producer = topic.createProducer(createProducerMetrics(registry))
    registerCleanUp(() => producer.stop(STOP_MS))
    return producer
  }
  return {
    name,
    registry,
    consumerMetrics,
    makeProducer,
    async createProducer() {
      const producer = makeProducer()
      await producer.start()
      await eventually(() => producer.health().isConnected, { timeoutMs: 30_000 })
      return producer
    },
    createConsumer(consumerOptions: {
      groupId: string
      startPosition: StartPosition
      tradesTopic?: string
      beforeBatch?: BeforeBatch
    }) {
      const groupId = `${name}-${consumerOptions.groupId}`
      const consumer = topic.createConsumer(
        { tradesTopic: null, beforeBatch: null, ...consumerOptions, groupId, topic: name },
        consumerMetrics,
      )
      registerCleanUp(() => consumer.stop(STOP_MS))
      return consumer
    },
    skippedRecords: () => consumerMetrics.skipped.series({ topic: name }).value,
  }
}
