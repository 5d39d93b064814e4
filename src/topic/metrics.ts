import * as catalogue from '../observability/catalogue/catalogue.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'

/** Registers the counters and histograms of the producer. */
export function createProducerMetrics(registry: MetricRegistry) {
  const produced = registry.counter(catalogue.producedRecords)
  const errors = registry.counter(catalogue.produceErrors)
  const dropped = registry.counter(catalogue.droppedRecords)
  const lag = registry.histogram(catalogue.pipelineLag)
  return {
    batchRecords: registry.histogram(catalogue.produceBatchRecords).series({}),
    receiveToSend: lag.series({ stage: 'receive_to_send' }),
    sendToAck: lag.series({ stage: 'send_to_ack' }),
    /** Returns the series of one topic; all start at 0 with the first call. */
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

/** Registers the counters and histograms of the producer of numbers, in the form of the above. */
export function createNumbersMetrics(registry: MetricRegistry) {
  const errors = registry.counter(catalogue.numbersProduceErrors)
  const dropped = registry.counter(catalogue.numbersDropped)
  const lag = registry.histogram(catalogue.numbersLag)
  const records = registry.counter(catalogue.numbersRecords).series({})
  const superseded = dropped.series({ reason: 'superseded' })
  const series = {
    frames: records,
    // Required by the type: the topic of numbers has no checkpoints.
    checkpoints: records,
    errors: {
      timeout: errors.series({ reason: 'timeout' }),
      connection: errors.series({ reason: 'connection' }),
      broker: errors.series({ reason: 'broker' }),
      too_large: errors.series({ reason: 'too_large' }),
    },
    dropped: {
      conflated: superseded,
      sequence_cut: superseded,
      queue_full: dropped.series({ reason: 'queue_full' }),
      too_large: dropped.series({ reason: 'too_large' }),
      refused: dropped.series({ reason: 'refused' }),
      shutdown: dropped.series({ reason: 'shutdown' }),
    },
  }
  return {
    batchRecords: { observe: () => undefined },
    receiveToSend: lag.series({ stage: 'publish_to_send' }),
    sendToAck: lag.series({ stage: 'send_to_ack' }),
    ofTopic: () => series,
    dropped: series.dropped,
  }
}

export interface ProducerMetrics extends Omit<
  ReturnType<typeof createProducerMetrics>,
  'batchRecords'
> {
  readonly batchRecords: { observe(records: number): void }
}

export type TopicSeries = ReturnType<ProducerMetrics['ofTopic']>
export type DropReason = keyof TopicSeries['dropped']

/** Frames and bytes in the producer for one topic; `bytes` includes those in flight. */
export interface QueueCounts {
  readonly topic: string
  readonly queuedFrames: number
  readonly bytes: number
  readonly inFlightFrames: number
}

/** Registers the gauges of the producer's queues, read at each scrape. */
export function exposeProducer(
  registry: MetricRegistry,
  producer: {
    deliveryCounts(): readonly QueueCounts[]
    counts(): readonly { readonly topic: string; readonly problem: string | null }[]
  },
): void {
  registry.gauge(catalogue.producerTopicReady, () =>
    producer
      .counts()
      .map(({ topic, problem }) => ({ labels: { topic }, value: problem === null ? 1 : 0 })),
  )
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

/** Registers the gauges of the producer of numbers, read at each scrape. */
export function exposeNumbersProducer(
  registry: MetricRegistry,
  producer: Parameters<typeof exposeProducer>[1],
): void {
  const [counts] = producer.deliveryCounts()
  registry.gauge(catalogue.numbersTopicReady, () =>
    producer.counts().map(({ problem }) => ({ labels: {}, value: problem === null ? 1 : 0 })),
  )
  if (counts === undefined) return
  registry.gauge(catalogue.numbersQueueRecords, () => [
    { labels: {}, value: counts.queuedFrames + counts.inFlightFrames },
  ])
  registry.gauge(catalogue.numbersQueueBytes, () => [{ labels: {}, value: counts.bytes }])
}

/** Registers the counters of the consumer. */
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

/** A partition assigned to this process. */
export interface PartitionPlace {
  readonly topic: string
  readonly partition: number
  readonly lastCommitMs: number | null
}

export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  /**
   * End offset minus the next offset to process, as last measured; null while either is unknown.
   */
  readonly records: number | null
  /**
   * 0 when caught up, else the age of the oldest record that may wait; null if neither the end
   * offset nor a waiting record is known.
   */
  readonly seconds: number | null
}

/** Registers the gauges of a consumer: lag, partitions and commits, read at each scrape. */
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
  options: { readonly withTrades: boolean },
): void {
  const { assignment, lag } = consumer
  // No series where trades are switched off: they are not missing then.
  registry.gauge(catalogue.tradesEnabled, () =>
    options.withTrades ? [{ labels: {}, value: consumer.hasTrades ? 1 : 0 }] : [],
  )
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
