import type { AppError } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock } from '../../time/clock.ts'
import type { BeforeBatch, StartPosition } from '../consumer/start-position.ts'
import type { ConsumerMetrics, ProducerMetrics } from '../metrics.ts'
import { BatchingProducer, type BatchingProducerDeps } from '../producer/batching-producer.ts'
import type { ProducedTopic } from '../producer/produced-topic.ts'
import { AdminClient } from './admin.ts'
import type { KafkaConnectionOptions } from './client.ts'
import { ConsumerSupervisor } from './consumer/consumer-supervisor.ts'
import type { TopicSpec } from './ensure-topic.ts'
import { TopicWriter } from './produce/topic-writer.ts'
import { TopicProvisioner } from './topic-provisioner.ts'

export interface KafkaTopicOptions extends TopicSpec {
  connection: KafkaConnectionOptions
  topics: readonly ProducedTopic[]
  /** Topic whose partition count the others are created with. Default: each is created by `spec`. */
  mainTopic?: string
  acks: 'all' | '1'
  lingerMs: number
  batchMaxRecords: number
  queueMaxBytes: number
  /** A record that is sent or read later than this is late, ms; during an overload, newest wins. */
  delayLimitMs: number
}

export interface KafkaTopicDeps {
  clock: Clock
  logger: Logger
  /** Share of time that the event loop is busy, 0 to 1. */
  load: () => number
  /** Called when the topics turn out to be unusable after the start. */
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
  const { mainTopic } = options
  const places = new Map<string, TopicPlace>()
  const placeOf = (produced: Omit<ProducedTopic, 'overflow'>): TopicPlace => {
    const { name: topic, isOptional = false, isCopartitioned = false } = produced
    const known = places.get(topic)
    if (known !== undefined) return known
    const isMain = mainTopic === undefined || topic === mainTopic
    const main = isMain ? null : placeOf({ name: mainTopic }).setup
    const admin = new AdminClient(connection, deps)
    const setup = new TopicProvisioner(
      { topic, isOptional, isCopartitioned, spec: options },
      { ...deps, admin, main },
    )
    places.set(topic, { admin, setup })
    return { admin, setup }
  }
  const produce = (
    topics: readonly ProducedTopic[],
    producerDeps: Pick<BatchingProducerDeps, 'metrics' | 'load' | 'consumerDelayMs'>,
  ): BatchingProducer => {
    const createTransport = (topic: ProducedTopic) =>
      new TopicWriter(
        { connection, acks: options.acks, topic: topic.name },
        { setup: placeOf(topic).setup, clock, logger },
      )
    return new BatchingProducer(
      { ...options, topics },
      { createTransport, clock, logger, ...producerDeps },
    )
  }
  return {
    createProducer: (
      metrics: ProducerMetrics,
      consumerDelayMs: () => number | null = () => null,
    ): BatchingProducer => produce(options.topics, { metrics, load, consumerDelayMs }),
    /**
     * Creates the producer of the numbers. Its queue is its own: numbers never displace book
     * records.
     */
    createNumbersProducer: (topic: ProducedTopic, metrics: ProducerMetrics): BatchingProducer =>
      produce([topic], { metrics }),
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
      const trades = tradesTopic === null ? null : { name: tradesTopic, isOptional: true }
      const tradesSetup = trades === null ? null : placeOf(trades).setup
      return new ConsumerSupervisor(
        { ...consumerOptions, connection, delayLimitMs: options.delayLimitMs },
        { ...placeOf({ name: topic }), tradesSetup, metrics, clock, logger, load },
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
