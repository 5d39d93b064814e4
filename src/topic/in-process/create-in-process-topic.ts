import type { Clock } from '../../model/clock.ts'
import type { Logger } from '../../model/logger.ts'
import { BatchingProducer } from '../batching-producer.ts'
import type { BeforeBatch } from '../gate.ts'
import type { ConsumerMetrics, ProducerMetrics } from '../metrics.ts'
import type { Overflow } from '../producer-topic.ts'
import type { StartPosition } from '../start-position.ts'
import { MemoryConsumer } from './in-process-consumer.ts'
import { MemoryLog } from './in-process-log.ts'
import { MemoryTransport } from './in-process-transport.ts'

const PARTITIONS = 4

export interface MemoryTopicOptions {
  topics: readonly { readonly name: string; readonly overflow: Overflow }[]
  lingerMs: number
  batchMaxRecords: number
  queueMaxBytes: number
  /** How long records are kept: a consumer that joins later can begin so far back. */
  warmupMs: number
}

export interface InProcessTopicDeps {
  clock: Clock
  logger: Logger
}

/** Topics inside this process, for running without a broker. They behave as Kafka's do. */
export function createMemoryTopic(options: MemoryTopicOptions, deps: InProcessTopicDeps) {
  const { clock, logger } = deps
  const names = options.topics.map(({ name }) => name)
  const log = new MemoryLog({
    topics: names,
    partitions: PARTITIONS,
    retentionMs: options.warmupMs,
  })
  return {
    createProducer(metrics: ProducerMetrics): BatchingProducer {
      const transport = new MemoryTransport({ topics: names }, { log })
      return new BatchingProducer(options, { transport, metrics, clock, logger })
    },
    createConsumer(
      consumerOptions: {
        topic: string
        tradesTopic: string | null
        startPosition: StartPosition
        beforeBatch: BeforeBatch
      },
      metrics: ConsumerMetrics,
    ): MemoryConsumer {
      return new MemoryConsumer(consumerOptions, { log, metrics, clock, logger })
    },
    /** Nothing is shared that could end; as with Kafka, so that both are used alike. */
    close: (): Promise<void> => Promise.resolve(),
  }
}
