import { checkpointFrames } from '../deribit/protocol/checkpoint-frame.ts'
import type { Settings } from '../config/settings.ts'
import { Feed } from '../deribit/feed.ts'
import { createFeedCheck } from './readiness.ts'
import { createFeedMetrics, exposeFeed } from '../deribit/metrics.ts'
import type { BookChannelOptions } from '../deribit/protocol/channels.ts'
import type { Credentials } from '../deribit/socket/auth.ts'
import { ChannelStates } from '../ingest/channels.ts'
import { Checkpoints } from '../ingest/checkpoints.ts'
import { Ingest } from '../ingest/ingest.ts'
import { InstrumentStatuses } from '../ingest/instrument-status.ts'
import { createIngestMetrics } from '../ingest/metrics.ts'
import { ReceiptTime } from '../ingest/receipt-time.ts'
import type { FeedControl } from '../model/feed.ts'
import type { HealthCheck, TopicDelivery } from '../model/pipeline.ts'
import { createProducerMetrics, exposeProducer } from '../topic/metrics.ts'
import { partitionOfKey } from '../topic/partitioner.ts'
import type { BatchingProducer } from '../topic/producer/batching-producer.ts'
import type { RoleContext } from './context.ts'

/** The producer role: receives frames from the exchange and writes them to the topics. */
export interface ProducerRole {
  readonly producer: BatchingProducer
  readonly feedCheck: HealthCheck
  readonly feed: Feed
  /** Delivery counts of each topic: received = produced + dropped + queued + inFlight. */
  delivery(): TopicDelivery[]
  start(): Promise<void>
  /** Stops the feed; no more frames arrive. */
  stopFeed(): void
}

/**
 * Creates the producer role.
 * @param consumerDelayMs how late the consumer role of this process handles records, ms; null if
 *   there is none, or unknown
 */
export function createProducerRole(
  deps: RoleContext,
  consumerDelayMs: () => number | null,
): ProducerRole {
  const { config, clock, loggerOf, registry, topics, random } = deps
  const { settings } = config
  const producer = topics.createProducer(createProducerMetrics(registry), consumerDelayMs)
  exposeProducer(registry, producer)
  const channelStates = new ChannelStates({ snapshotMs: settings.CHECKPOINT_SNAPSHOT_MS }, clock)
  const statuses = new InstrumentStatuses()
  // Feed and sink depend on each other: the sink gets the feed lazily.
  const control = (): FeedControl => feed
  const booksTopic = settings.KAFKA_TOPIC
  const receiptTime = new ReceiptTime(
    { isStepHeld: settings.KAFKA_BROKERS !== undefined },
    { clock, clockOffset: () => control().clockOffset(), logger: loggerOf('ingest') },
  )
  const checkpoints = new Checkpoints(
    {
      booksTopic,
      checkpointMs: settings.CHECKPOINT_MS,
      snapshotMs: settings.CHECKPOINT_SNAPSHOT_MS,
    },
    {
      frames: checkpointFrames,
      producer,
      channelStates,
      statuses,
      feed: control,
      receiptTime,
      clock,
    },
  )
  const ingestMetrics = createIngestMetrics(registry)
  const sink = new Ingest(
    {
      booksTopic,
      tradesTopic: settings.KAFKA_TRADES_TOPIC,
      isIncremental: bookChannelOf(settings).mode === 'incremental',
    },
    {
      producer,
      channelStates,
      checkpoints,
      statuses,
      feed: control,
      receiptTime,
      metrics: ingestMetrics,
      tracing: deps.tracing,
      clock,
      logger: loggerOf('ingest'),
    },
  )
  const feed = new Feed(
    {
      url: settings.DERIBIT_URL,
      proxy: config.proxy ?? undefined,
      ...credentialsOf(settings),
      instruments: settings.INSTRUMENTS,
      maxInstruments: settings.MAX_INSTRUMENTS,
      isInShard: shareOf(settings),
      book: bookChannelOf(settings),
      withTrades: settings.TRADES,
      deadAfterMs: settings.STALE_AFTER_MS,
      silenceMs: settings.INSTRUMENT_SILENCE_MS,
    },
    {
      sink,
      clock,
      logger: loggerOf('feed'),
      metrics: createFeedMetrics(registry),
      random,
      isMaintenance: () => statuses.isMaintenance,
    },
  )
  exposeFeed(registry, feed, {
    detail: settings.METRICS_DETAIL,
    shard: settings.PRODUCER_SHARD,
  })
  return {
    producer,
    feedCheck: createFeedCheck(
      feed,
      {
        staleAfterMs: settings.STALE_AFTER_MS,
        instruments: settings.INSTRUMENTS,
        isShard: !settings.PRODUCER_SHARD.endsWith('/1'),
      },
      clock,
    ),
    feed,
    delivery: () =>
      producer.counts().map((counts) => {
        const frames =
          counts.topic === booksTopic ? ingestMetrics.bookFrames : ingestMetrics.tradesFrames
        return { ...counts, received: frames.value }
      }),
    async start() {
      // Before the producer: frames wait in its queue until the broker is available.
      feed.start()
      checkpoints.start()
      await producer.start()
    },
    stopFeed() {
      checkpoints.stop()
      feed.stop()
    },
  }
}

function bookChannelOf(settings: Settings): BookChannelOptions {
  const {
    BOOK_MODE: mode,
    BOOK_GROUP: group,
    BOOK_DEPTH: depth,
    BOOK_INTERVAL: interval,
  } = settings
  // The configuration allows raw with incremental books only.
  if (mode === 'incremental' || interval === 'raw') return { mode: 'incremental', interval }
  return { mode, group, depth, interval }
}

function credentialsOf(settings: Settings): { credentials?: Credentials } {
  const { DERIBIT_CLIENT_ID: clientId, DERIBIT_CLIENT_SECRET: clientSecret } = settings
  if (clientId === undefined || clientSecret === undefined) return {}
  return { credentials: { clientId, clientSecret } }
}

/** Selects the instruments of this shard: those whose hash modulo the number of shards is its index. */
function shareOf({ PRODUCER_SHARD }: Settings): (instrument: string) => boolean {
  const [share = 0, shares = 1] = PRODUCER_SHARD.split('/').map(Number)
  return (instrument) => partitionOfKey(instrument, shares) === share
}
