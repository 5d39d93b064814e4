import type { AppError } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock } from '../../time/clock.ts'
import type { BeforeBatch, StartPosition } from '../consumer/start-position.ts'
import type { ConsumerMetrics, ProducerMetrics } from '../metrics.ts'
import { BatchingProducer } from '../producer/batching-producer.ts'
import type { ProducedTopic } from '../producer/produced-topic.ts'
import { AdminClient } from './admin.ts'
import type { KafkaConnectionOptions } from './client.ts'
import { ConsumerSupervisor } from './consumer/consumer-supervisor.ts'
import { TopicProvisioner, type TopicSpec } from './topic-provisioner.ts'
import { TopicWriter } from './produce/topic-writer.ts'

export interface KafkaTopicOptions extends TopicSpec {
  connection: KafkaConnectionOptions
  topics: readonly ProducedTopic[]
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

/**
 * Topics on a Kafka broker. Producer and consumer are created, started and stopped separately. Each
 * topic has its own lookups and its own connections for writing: kafkajs fails for all topics of a
 * client if one of them is denied.
 */
export function createKafkaTopic(options: KafkaTopicOptions, deps: KafkaTopicDeps) {
  const { clock, logger, load } = deps
  const { connection } = options
  const places = new Map<string, TopicPlace>()
  const placeOf = (topic: string, isOptional: boolean): TopicPlace => {
    const known = places.get(topic)
    if (known !== undefined) return known
    const admin = new AdminClient(connection, deps)
    const setup = new TopicProvisioner({ topic, isOptional, spec: options }, { ...deps, admin })
    places.set(topic, { admin, setup })
    return { admin, setup }
  }
  return {
    createProducer(
      metrics: ProducerMetrics,
      consumerDelayMs: () => number | null = () => null,
    ): BatchingProducer {
      return new BatchingProducer(options, {
        createTransport: ({ name, isOptional = false }) =>
          new TopicWriter(
            { connection, acks: options.acks, topic: name },
            { setup: placeOf(name, isOptional).setup, clock, logger },
          ),
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
      const { topic, tradesTopic } = consumerOptions
      const tradesSetup = tradesTopic === null ? null : placeOf(tradesTopic, true).setup
      return new ConsumerSupervisor(
        { ...consumerOptions, connection, delayLimitMs: options.delayLimitMs },
        { ...placeOf(topic, false), tradesSetup, metrics, clock, logger, load },
      )
    },
    /** Closes what producer and consumer share; call after both have stopped. */
    async close(timeoutMs: number): Promise<void> {
      for (const { setup } of places.values()) setup.stop()
      await Promise.all([...places.values()].map(({ admin }) => admin.close(timeoutMs)))
    },
  }
}

/** Lookups of one topic. */
interface TopicPlace {
  readonly admin: AdminClient
  readonly setup: TopicProvisioner
}
