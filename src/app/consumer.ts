import { parseRecordValue } from '../deribit/protocol/parse-message.ts'
import type { HealthCheck } from '../model/pipeline.ts'
import type { SnapshotReader } from '../model/snapshot.ts'
import { isInstrumentName } from '../model/status.ts'
import type { TopicConsumer } from '../model/topic.ts'
import { BookStore } from '../process/book-store.ts'
import { createBooksCheck } from '../process/health.ts'
import { exposeBooks } from '../process/market-collector.ts'
import { createProcessMetrics, exposeDelayFloor } from '../process/metrics.ts'
import { RecordProcessor, RejectedRecords } from '../process/record-processor.ts'
import type { ConsumerLag } from '../topic/consumer/consumer-lag.ts'
import { warmStart } from '../topic/consumer/start-position.ts'
import { createConsumerCheck } from '../topic/health.ts'
import { createConsumerMetrics, exposeConsumer } from '../topic/metrics.ts'
import type { RoleContext } from './context.ts'

/** Topic to values: consumer, processing, books. */
export interface ConsumerRole {
  readonly consumer: TopicConsumer
  readonly lag: ConsumerLag
  readonly rejectedRecords: RejectedRecords
  /** Names that MAX_INSTRUMENTS keeps out here. */
  overLimitCount(): number
  readonly snapshots: SnapshotReader
  readonly consumerCheck: HealthCheck
  readonly booksCheck: HealthCheck
  start(): Promise<void>
}

/** @param amountUnitOf what the producer side of this process knows of an instrument, if it has one */
export function createConsumerRole(
  deps: RoleContext,
  amountUnitOf: (instrument: string) => string | null,
): ConsumerRole {
  const { config, clock, loggerOf, registry, topics } = deps
  const { settings, imbalanceDepths, bandsBps, windowsMs } = config
  const booksTopic = settings.KAFKA_TOPIC
  const consumer = topics.createConsumer(
    {
      topic: booksTopic,
      tradesTopic: settings.TRADES ? settings.KAFKA_TRADES_TOPIC : null,
      beforeBatch: deps.beforeBatch,
      groupId: settings.KAFKA_GROUP_ID,
      startPosition: warmStart(
        {
          warmupMs: settings.WARMUP_MS,
          warmupMaxRecords: settings.WARMUP_MAX_RECORDS,
          leastMs:
            settings.BOOK_MODE === 'incremental' ? 2 * settings.CHECKPOINT_SNAPSHOT_MS : null,
        },
        clock,
      ),
    },
    createConsumerMetrics(registry),
  )
  exposeConsumer(registry, consumer)
  const metrics = createProcessMetrics(registry)
  // A process that subscribes itself knows its instruments; a consumer alone only those it was told.
  const isNaming = settings.ROLE === 'all' || config.explicit.has('INSTRUMENTS')
  const store = new BookStore(
    {
      namedInstruments: isNaming ? settings.INSTRUMENTS.filter(isInstrumentName) : [],
      staleAfterMs: settings.STALE_AFTER_MS,
      maxRecordAgeMs: settings.MAX_RECORD_AGE_MS,
      imbalanceDepths,
      bandsBps,
      windowsMs,
      maxInstruments: settings.MAX_INSTRUMENTS,
      // Each book has a checkpoint of its producer within this.
      producerSilentAfterMs: settings.WARMUP_MS,
    },
    {
      clock,
      counters: metrics,
      amountUnitOf,
      partitionOf: (instrument) => consumer.partitionOf(booksTopic, instrument),
      isWrittenElsewhere: () => consumer.lag.isWrittenElsewhere(booksTopic),
    },
  )
  exposeBooks(registry, store, { detail: settings.METRICS_DETAIL })
  const rejectedRecords = new RejectedRecords()
  const processor = new RecordProcessor(
    { booksTopic, tradesTopic: settings.KAFKA_TRADES_TOPIC },
    {
      store,
      rejectedRecords,
      parse: parseRecordValue,
      metrics,
      tracing: deps.tracing,
      logger: loggerOf('process'),
    },
  )
  exposeDelayFloor(registry, () => processor.delayFloorMs())
  return {
    consumer,
    lag: consumer.lag,
    rejectedRecords,
    overLimitCount: () => store.overLimitCount,
    snapshots: store,
    consumerCheck: createConsumerCheck(consumer, () => store.countByState().catching_up > 0),
    booksCheck: createBooksCheck(store),
    start: () => consumer.start(processor),
  }
}
