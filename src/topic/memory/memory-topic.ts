import type { Logger } from '../../model/telemetry.ts'
import type { OutgoingRecord } from '../../model/topic.ts'
import type { Clock } from '../../time/clock.ts'
import type { BeforeBatch, StartPosition } from '../consumer/start-position.ts'
import type { ConsumerMetrics, ProducerMetrics } from '../metrics.ts'
import { BatchingProducer } from '../producer/batching-producer.ts'
import type { ProducedTopic } from '../producer/produced-topic.ts'
import type { OnTopicReady, TopicTransport } from '../producer/transport.ts'
import { MemoryConsumer } from './memory-consumer.ts'
import { MemoryLog } from './memory-log.ts'

const PARTITIONS = 4

export interface MemoryTopicOptions {
  topics: readonly ProducedTopic[]
  lingerMs: number
  batchMaxRecords: number
  queueMaxBytes: number
  /** A record that is sent or read later than this is late, ms; during an overload, newest wins. */
  delayLimitMs: number
  /** How long records are kept: consumers that join later can start this far back. */
  warmupMs: number
}

export interface InProcessTopicDeps {
  clock: Clock
  logger: Logger
  /** Share of time that the event loop is busy, 0 to 1. */
  load: () => number
}

/**
 * Creates topics inside this process, for running without a broker, with the behaviour of Kafka's.
 */
export function createMemoryTopic(options: MemoryTopicOptions, deps: InProcessTopicDeps) {
  const { clock, logger, load } = deps
  const names = options.topics.map(({ name }) => name)
  const log = new MemoryLog({
    topics: names,
    partitions: PARTITIONS,
    retentionMs: options.warmupMs,
  })
  return {
    createProducer(
      metrics: ProducerMetrics,
      consumerDelayMs: () => number | null = () => null,
    ): BatchingProducer {
      return new BatchingProducer(options, {
        createTransport: ({ name }) => new MemoryTransport({ topic: name }, { log }),
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
        startPosition: StartPosition
        beforeBatch: BeforeBatch
      },
      metrics: ConsumerMetrics,
    ): MemoryConsumer {
      const { delayLimitMs } = options
      return new MemoryConsumer(
        { ...consumerOptions, delayLimitMs },
        { log, metrics, clock, logger, load },
      )
    },
    /** Nothing to close; present for symmetry with Kafka. */
    close: (): Promise<void> => Promise.resolve(),
  }
}

/** Appends batches to an in-process topic. Never fails. */
class MemoryTransport implements TopicTransport {
  readonly problem = null
  readonly #topic: string
  readonly #log: MemoryLog

  constructor({ topic }: { topic: string }, { log }: { log: MemoryLog }) {
    this.#topic = topic
    this.#log = log
  }

  open(onTopicReady: OnTopicReady): Promise<void> {
    onTopicReady(this.#log.partitionCount)
    return Promise.resolve()
  }

  send(partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    this.#log.append(this.#topic, partition, records)
    return Promise.resolve()
  }

  abandon(): void {
    // Nothing is ever in flight: a send is complete when it returns.
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
