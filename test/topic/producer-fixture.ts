import type { Logger } from '../../src/model/telemetry.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { createProducerMetrics } from '../../src/topic/metrics.ts'
import {
  BatchingProducer,
  type BatchingProducerOptions,
} from '../../src/topic/producer/batching-producer.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeTransport } from './fake-transport.ts'
import { silentLogger } from './records.ts'

/** A producer whose clock and topic the test controls; `prices` has one partition by default. */
export async function producerFixture(
  overrides: Partial<BatchingProducerOptions> = {},
  {
    partitions = 1,
    // Synchronous, so that a test sees the effect of a send without waiting.
    defer = (callback) => callback(),
    load = () => 0,
    consumerDelayMs = () => null,
    logger = silentLogger,
  }: {
    partitions?: number
    defer?: (callback: () => void) => void
    load?: () => number
    consumerDelayMs?: () => number | null
    logger?: Logger
  } = {},
) {
  const clock = new FakeClock()
  const transport = new FakeTransport()
  const registry = new MetricRegistry({ role: 'producer' })
  const options: BatchingProducerOptions = {
    topics: [{ name: 'prices', overflow: 'conflate' }],
    lingerMs: 5,
    batchMaxRecords: 200,
    queueMaxBytes: 64 * 1024 * 1024,
    delayLimitMs: 1000,
    ...overrides,
  }
  const metrics = createProducerMetrics(registry)
  const producer = new BatchingProducer(options, {
    createTransport: ({ name }) => transport.ofTopic(name),
    metrics,
    clock,
    logger,
    defer,
    load,
    consumerDelayMs,
  })
  await producer.start()
  const makeReady = () => {
    for (const { name } of options.topics) transport.makeReady(name, partitions)
  }
  if (partitions > 0) makeReady()
  return { clock, transport, registry, metrics, producer }
}
