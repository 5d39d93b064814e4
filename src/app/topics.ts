import type { Config } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import type { AppError } from '../errors.ts'
import type { Logger } from '../model/telemetry.ts'
import type { TopicConsumer } from '../model/topic.ts'
import type { Clock } from '../time/clock.ts'
import type { Assignment } from '../topic/consumer/assignment.ts'
import type { ConsumerLag } from '../topic/consumer/consumer-lag.ts'
import type { ReadingLoad } from '../topic/consumer/reading-load.ts'
import type { BeforeBatch, StartPosition } from '../topic/consumer/start-position.ts'
import type { KafkaConnectionOptions } from '../topic/kafka/client.ts'
import { createKafkaTopic } from '../topic/kafka/kafka-topic.ts'
import { createMemoryTopic } from '../topic/memory/memory-topic.ts'
import type { ConsumerMetrics, ProducerMetrics } from '../topic/metrics.ts'
import type { BatchingProducer } from '../topic/producer/batching-producer.ts'
import { OVERFLOW_OF } from '../topic/producer/overflow-policy.ts'
import type { ProducedTopic } from '../topic/producer/produced-topic.ts'

export interface ConsumerOptions {
  topic: string
  /** Co-partitioned topic of the trades, read if it is usable; null = none. */
  tradesTopic: string | null
  groupId: string
  startPosition: StartPosition
  beforeBatch: BeforeBatch
}

/** Creates producers and consumers, for Kafka or for in-process topics. */
export interface Topics {
  /**
   * @param consumerDelayMs how late the consumer of this process handles records, ms; null if there
   *   is none, or unknown
   */
  createProducer(metrics: ProducerMetrics, consumerDelayMs: () => number | null): BatchingProducer
  /** Creates the producer of the topic of numbers; null if there is none. */
  createNumbersProducer: ((metrics: ProducerMetrics) => BatchingProducer) | null
  createConsumer(
    options: ConsumerOptions,
    metrics: ConsumerMetrics,
  ): TopicConsumer & {
    readonly assignment: Assignment
    readonly lag: ConsumerLag
    readonly readingLoad: ReadingLoad
    /** Whether the trades topic is being read. */
    readonly hasTrades: boolean
  }
  /** Closes the connections. Call it after producer and consumer have stopped. */
  close(timeoutMs: number): Promise<void>
}

export interface TopicsDeps {
  clock: Clock
  logger: Logger
  /** Share of time that the event loop is busy, 0 to 1. */
  load: () => number
  /** Called if the topics turn out to be unusable after the start. */
  onFatal: (error: AppError) => void
}

/** Records are late above this share of `MAX_RECORD_AGE_MS`, well before books lose their values. */
const LATE_SHARE = 0.2

/** Creates Kafka topics, or in-process topics if KAFKA_BROKERS is unset. */
export function createTopics(config: Config, deps: TopicsDeps): Topics {
  const { settings } = config
  const isGrouped = settings.BOOK_MODE === 'grouped'
  const books: ProducedTopic = {
    name: settings.KAFKA_TOPIC,
    overflow: isGrouped ? OVERFLOW_OF.groupedBooks : OVERFLOW_OF.incrementalBooks,
  }
  const trades: ProducedTopic = {
    name: settings.KAFKA_TRADES_TOPIC,
    overflow: OVERFLOW_OF.trades,
    // Optional, because books do not depend on trades.
    isOptional: true,
    hasLag: false,
  }
  const producing = {
    topics: settings.TRADES ? [books, trades] : [books],
    lingerMs: settings.PRODUCER_LINGER_MS,
    batchMaxRecords: settings.PRODUCER_BATCH_MAX_RECORDS,
    queueMaxBytes: settings.PRODUCER_QUEUE_MAX_BYTES,
    delayLimitMs: settings.MAX_RECORD_AGE_MS * LATE_SHARE,
  }
  const connection = kafkaConnectionOf(config)
  if (connection === null) {
    const topics = createMemoryTopic({ ...producing, warmupMs: settings.WARMUP_MS }, deps)
    return { ...topics, createNumbersProducer: null }
  }
  const topics = createKafkaTopic(
    {
      ...producing,
      mainTopic: books.name,
      connection,
      partitions: settings.KAFKA_PARTITIONS,
      replicationFactor: settings.KAFKA_REPLICATION_FACTOR,
      retentionMs: settings.KAFKA_RETENTION_MS,
      retentionBytes: settings.KAFKA_RETENTION_BYTES,
      acks: settings.KAFKA_ACKS,
    },
    deps,
  )
  const numbers = numbersTopicOf(settings)
  if (numbers === null) return { ...topics, createNumbersProducer: null }
  return {
    ...topics,
    createNumbersProducer: (metrics) => topics.createNumbersProducer(numbers, metrics),
  }
}

/** The topic of numbers; null if this process does not write one. */
function numbersTopicOf({ ROLE, KAFKA_NUMBERS_TOPIC: name }: Settings): ProducedTopic | null {
  if (name === undefined || ROLE === 'producer') return null
  return { name, overflow: OVERFLOW_OF.numbers, isOptional: true, isCopartitioned: true }
}

/** Connection to the brokers; null if KAFKA_BROKERS is unset. */
export function kafkaConnectionOf({ settings, kafkaTls }: Config): KafkaConnectionOptions | null {
  const { KAFKA_BROKERS: brokers } = settings
  return brokers === undefined ? null : { brokers, tls: kafkaTls, sasl: saslOf(settings) }
}

function saslOf(settings: Settings): KafkaConnectionOptions['sasl'] {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = settings
  if (mechanism === undefined || username === undefined || password === undefined) return null
  return { mechanism, username, password }
}
