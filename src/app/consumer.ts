import type { Config } from '../config/config.ts'
import { MessageParser } from '../deribit/protocol/parse-message.ts'
import type { HealthCheck } from '../model/pipeline.ts'
import type { SnapshotReader } from '../model/snapshot.ts'
import { isInstrumentName } from '../model/status.ts'
import type { TopicConsumer } from '../model/topic.ts'
import { BookStore, type SignalOptions } from '../process/books/book-store.ts'
import { createBooksCheck, createConsumerCheck } from './readiness.ts'
import { exposeBooks } from '../process/market-collector.ts'
import { createProcessMetrics, exposeDelayFloor } from '../process/metrics.ts'
import { RecordProcessor, RejectedRecords } from '../process/record-processor.ts'
import type { ConsumerLag } from '../topic/consumer/consumer-lag.ts'
import type { ReadingLoad } from '../topic/consumer/reading-load.ts'
import { warmStart } from '../topic/consumer/start-position.ts'
import { createConsumerMetrics, exposeConsumer } from '../topic/metrics.ts'
import type { RoleContext } from './context.ts'
import { createNumbersOutput, type NumbersOutput } from './numbers.ts'

/** The consumer role: reads the topics, applies the records, publishes the values. */
export interface ConsumerRole {
  readonly consumer: TopicConsumer
  readonly lag: ConsumerLag
  readonly readingLoad: ReadingLoad
  readonly rejectedRecords: RejectedRecords
  /** Number of instruments over MAX_INSTRUMENTS. */
  overLimitCount(): number
  readonly snapshots: SnapshotReader
  /** null without KAFKA_NUMBERS_TOPIC. */
  readonly numbers: NumbersOutput | null
  readonly consumerCheck: HealthCheck
  readonly booksCheck: HealthCheck
  start(): Promise<void>
}

/** What the producer role of this process knows of an instrument. */
export interface KnownInstruments {
  /** Amount unit; null if unknown. */
  amountUnitOf(instrument: string): string | null
  /** Whether it is subscribed to. */
  isWanted(instrument: string): boolean
}

/** Options of the signals; empty if they are switched off: nothing of them is created then. */
function signalOptions({ settings, signalAxes: axes }: Config): { signals?: SignalOptions } {
  if (settings.SIGNALS === 'false') return {}
  return { signals: { mode: settings.SIGNALS === 'auto' ? 'auto' : 'on', axes } }
}

/** Creates the consumer role. Nothing is read before its consumer is started. */
export function createConsumerRole(deps: RoleContext, known: KnownInstruments): ConsumerRole {
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
          minWarmupMs:
            settings.BOOK_MODE === 'incremental' ? 2 * settings.CHECKPOINT_SNAPSHOT_MS : null,
        },
        clock,
      ),
    },
    createConsumerMetrics(registry),
  )
  exposeConsumer(registry, consumer, { withTrades: settings.TRADES })
  const metrics = createProcessMetrics(registry)
  const numbers = createNumbersOutput(deps, () => store)
  // With ROLE=consumer the default of INSTRUMENTS does not apply: the producer may use another list.
  const isNaming = settings.ROLE === 'all' || config.explicit.has('INSTRUMENTS')
  const store: BookStore = new BookStore(
    {
      namedInstruments: isNaming ? settings.INSTRUMENTS.filter(isInstrumentName) : [],
      staleAfterMs: settings.STALE_AFTER_MS,
      maxRecordAgeMs: settings.MAX_RECORD_AGE_MS,
      imbalanceDepths,
      bandsBps,
      windowsMs,
      maxInstruments: settings.MAX_INSTRUMENTS,
      // A running producer writes a checkpoint of each book within this time.
      producerSilentAfterMs: settings.WARMUP_MS,
      ...signalOptions(config),
    },
    {
      clock,
      counters: metrics,
      ...known,
      partitionOf: (instrument) => consumer.partitionOf(booksTopic, instrument),
      isReadToEnd: () => consumer.assignment.isReadToEnd(booksTopic),
      isWrittenInOtherPartitions: () => consumer.lag.isWrittenInOtherPartitions(booksTopic),
      ...(numbers === null ? {} : { observer: numbers.publisher }),
    },
  )
  exposeBooks(registry, store, { detail: settings.METRICS_DETAIL })
  const rejectedRecords = new RejectedRecords()
  const parser = new MessageParser()
  const processor = new RecordProcessor(
    { booksTopic, tradesTopic: settings.KAFKA_TRADES_TOPIC },
    {
      store,
      rejectedRecords,
      parse: parser.parseRecord,
      groupedChannelOf: parser.groupedChannelOf,
      metrics,
      tracing: deps.tracing,
      logger: loggerOf('process'),
      ...(numbers === null
        ? {}
        : { onPublished: (instrument) => numbers.publisher.notePublished(instrument) }),
    },
  )
  exposeDelayFloor(registry, () => processor.delayFloorMs())
  return {
    consumer,
    lag: consumer.lag,
    readingLoad: consumer.readingLoad,
    rejectedRecords,
    overLimitCount: () => store.overLimitCount,
    snapshots: store,
    consumerCheck: createConsumerCheck(consumer, store),
    booksCheck: createBooksCheck(store),
    numbers,
    async start() {
      await Promise.all([consumer.start(processor), numbers?.start()])
    },
  }
}
