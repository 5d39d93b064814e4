import * as catalogue from '../observability/catalogue/catalogue.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'

/** Counters of the producer side of the topics. */
export function createProducerMetrics(registry: MetricRegistry) {
  const produced = registry.counter(catalogue.producedRecords)
  const errors = registry.counter(catalogue.produceErrors)
  const dropped = registry.counter(catalogue.droppedRecords)
  const lag = registry.histogram(catalogue.pipelineLag)
  return {
    batchRecords: registry.histogram(catalogue.produceBatchRecords).series({}),
    receiveToSend: lag.series({ stage: 'receive_to_send' }),
    sendToAck: lag.series({ stage: 'send_to_ack' }),
    /** The cells of one topic, all of them at 0 from the first call on. */
    ofTopic: (topic: string) => ({
      frames: produced.series({ topic, kind: 'frame' }),
      checkpoints: produced.series({ topic, kind: 'checkpoint' }),
      errors: {
        timeout: errors.series({ topic, reason: 'timeout' }),
        connection: errors.series({ topic, reason: 'connection' }),
        broker: errors.series({ topic, reason: 'broker' }),
        too_large: errors.series({ topic, reason: 'too_large' }),
      },
      dropped: {
        conflated: dropped.series({ topic, reason: 'conflated' }),
        sequence_cut: dropped.series({ topic, reason: 'sequence_cut' }),
        queue_full: dropped.series({ topic, reason: 'queue_full' }),
        too_large: dropped.series({ topic, reason: 'too_large' }),
        refused: dropped.series({ topic, reason: 'refused' }),
        shutdown: dropped.series({ topic, reason: 'shutdown' }),
      },
    }),
  }
}

export type ProducerMetrics = ReturnType<typeof createProducerMetrics>
export type TopicSeries = ReturnType<ProducerMetrics['ofTopic']>
export type DropReason = keyof TopicSeries['dropped']

/** What of a topic waits in the producer. */
export interface QueueCounts {
  readonly topic: string
  readonly queuedFrames: number
  readonly bytes: number
  readonly inFlightFrames: number
}

/** What waits in the producer, read at each scrape. */
export function exposeProducer(
  registry: MetricRegistry,
  producer: { deliveryCounts(): readonly QueueCounts[] },
): void {
  registry.gauge(catalogue.producerQueueRecords, () =>
    producer
      .deliveryCounts()
      .map(({ topic, queuedFrames }) => ({ labels: { topic }, value: queuedFrames })),
  )
  registry.gauge(catalogue.producerQueueBytes, () =>
    producer.deliveryCounts().map(({ topic, bytes }) => ({ labels: { topic }, value: bytes })),
  )
  registry.gauge(catalogue.producerInFlightRecords, () =>
    producer
      .deliveryCounts()
      .map(({ topic, inFlightFrames }) => ({ labels: { topic }, value: inFlightFrames })),
  )
}

/** Counters of the consumer side of the topics. */
export function createConsumerMetrics(registry: MetricRegistry) {
  const rebalances = registry.counter(catalogue.consumerRebalances)
  const restarts = registry.counter(catalogue.consumerRestarts)
  return {
    skipped: registry.counter(catalogue.skippedRecords),
    rebalances: {
      join: rebalances.series({ reason: 'join' }),
      rebalance: rebalances.series({ reason: 'rebalance' }),
      revoked: rebalances.series({ reason: 'revoked' }),
    },
    restarts: {
      crash: restarts.series({ reason: 'crash' }),
      no_fetch: restarts.series({ reason: 'no_fetch' }),
    },
  }
}

export type ConsumerMetrics = ReturnType<typeof createConsumerMetrics>

/** A partition that is ours. */
export interface PartitionPlace {
  readonly topic: string
  readonly partition: number
  readonly lastCommitMs: number | null
}

/** How far the reading of a partition is behind. */
export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  /**
   * End of the partition minus the next record to process, as last measured; null while one of them is
   * not known.
   */
  readonly records: number | null
  /**
   * 0 when caught up, else the age of the oldest record that may wait; null where neither the end nor
   * a record that waits is known.
   */
  readonly seconds: number | null
}

/** What a consumer owns, read at each scrape. */
export function exposeConsumer(
  registry: MetricRegistry,
  consumer: {
    readonly assignment: {
      readonly topics: readonly string[]
      countOf(topic: string): number
      states(): readonly PartitionPlace[]
    }
    readonly lag: { read(): readonly PartitionLag[] }
    readonly hasTrades: boolean
  },
): void {
  const { assignment, lag } = consumer
  registry.gauge(catalogue.tradesEnabled, () => [{ labels: {}, value: consumer.hasTrades ? 1 : 0 }])
  registry.gauge(catalogue.consumerLagRecords, () => known(lag.read(), ({ records }) => records))
  registry.gauge(catalogue.consumerLag, () => known(lag.read(), ({ seconds }) => seconds))
  registry.gauge(catalogue.consumerPartitions, () =>
    assignment.topics.map((topic) => ({ labels: { topic }, value: assignment.countOf(topic) })),
  )
  registry.gauge(catalogue.consumerLastCommitTimestamp, () =>
    known(assignment.states(), ({ lastCommitMs }) =>
      lastCommitMs === null ? null : lastCommitMs / 1000,
    ),
  )
}

/** A sample for each partition whose value is known. */
function known<Of extends { readonly topic: string; readonly partition: number }>(
  partitions: readonly Of[],
  valueOf: (one: Of) => number | null,
) {
  return partitions.flatMap((one) => {
    const value = valueOf(one)
    const labels = { topic: one.topic, partition: String(one.partition) }
    return value === null ? [] : [{ labels, value }]
  })
}
