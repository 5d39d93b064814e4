import { MetricRegistry } from '../../../src/observability/metrics/registry.ts'
import { systemClock } from '../../../src/time/clock.ts'
import { createMemoryTopic } from '../../../src/topic/memory/memory-topic.ts'
import { createConsumerMetrics, createProducerMetrics } from '../../../src/topic/metrics.ts'
import { registerCleanUp } from '../../support/clean-up.ts'
import { describeTopicContract } from '../contract.ts'
import { silentLogger } from '../records.ts'

describeTopicContract('the in-process topic', {}, () => {
  const name = 'prices'
  const registry = new MetricRegistry({ role: 'all' })
  const metrics = createConsumerMetrics(registry)
  const topic = createMemoryTopic(
    {
      topics: [{ name, overflow: 'conflate' }],
      lingerMs: 5,
      batchMaxRecords: 200,
      queueMaxBytes: 64 * 1024 * 1024,
      delayLimitMs: 1000,
      warmupMs: 60_000,
    },
    { clock: systemClock, logger: silentLogger, load: () => 0 },
  )
  return {
    name,
    async createProducer() {
      const producer = topic.createProducer(createProducerMetrics(registry))
      registerCleanUp(() => producer.stop(1000))
      await producer.start()
      return producer
    },
    createConsumer({ startPosition }) {
      const consumer = topic.createConsumer(
        { topic: name, tradesTopic: null, beforeBatch: null, startPosition },
        metrics,
      )
      registerCleanUp(() => consumer.stop())
      return consumer
    },
    skippedRecords: () => metrics.skipped.series({ topic: name }).value,
  }
})
