import type { AppError } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock } from '../../time/clock.ts'
import type { BeforeBatch, StartPosition } from '../consumer/start-position.ts'
import type { ConsumerMetrics, ProducerMetrics } from '../metrics.ts'
import { BatchingProducer } from '../producer/batching-producer.ts'
import type { Overflow } from '../producer/topic-queue.ts'
import { AdminClient } from './admin.ts'
import type { KafkaConnectionOptions } from './client.ts'
import { ConsumerSupervisor } from './consumer-supervisor.ts'
import { TopicProvisioner, type TopicSpec } from './topic-provisioner.ts'
import { KafkaTransport } from './transport.ts'

export interface KafkaTopicOptions extends TopicSpec {
  connection: KafkaConnectionOptions
  topics: readonly { readonly name: string; readonly overflow: Overflow }[]
  acks: 'all' | '1'
  lingerMs: number
  batchMaxRecords: number
  queueMaxBytes: number
  /** Records that are sent or read later are late: at the limit of the process, newest wins; ms. */
  delayLimitMs: number
}

export interface KafkaTopicDeps {
  clock: Clock
  logger: Logger
  /** Share of time that the event loop is busy, 0 to 1. */
  load: () => number
  /** The topics turned out to be unusable after the start. */
  onFatal: (error: AppError) => void
}

/** Topics on a Kafka broker. Producer and consumer are created, started and stopped separately. */
export function createKafkaTopic(options: KafkaTopicOptions, deps: KafkaTopicDeps) {
  const { clock, logger, load } = deps
  const { connection } = options
  const topics = options.topics.map(({ name }) => name)
  const admin = new AdminClient(connection, deps)
  const setup = new TopicProvisioner(options, { ...deps, admin })
  return {
    createProducer(
      metrics: ProducerMetrics,
      consumerDelayMs: () => number | null = () => null,
    ): BatchingProducer {
      setup.require(topics)
      const transport = new KafkaTransport(
        { connection, topics, acks: options.acks },
        { setup, clock, logger },
      )
      return new BatchingProducer(options, {
        transport,
        metrics,
        clock,
        logger,
        load,
        consumerDelayMs,
      })
    },
    createConsumer(
      consumerOptions: {
        topic: string
        tradesTopic: string | null
        groupId: string
        startPosition: StartPosition
        beforeBatch: BeforeBatch
      },
      metrics: ConsumerMetrics,
    ): ConsumerSupervisor {
      return new ConsumerSupervisor(
        { ...consumerOptions, connection, delayLimitMs: options.delayLimitMs },
        { setup, admin, metrics, clock, logger, load },
      )
    },
    /** Closes what producer and consumer share; call after both have stopped. */
    async close(timeoutMs: number): Promise<void> {
      setup.stop()
      await admin.close(timeoutMs)
    },
  }
}
