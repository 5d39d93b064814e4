import { Feed } from '../deribit/feed.ts'
import { createFeedCheck } from '../deribit/feed-check.ts'
import { createFeedMetrics, exposeFeed } from '../deribit/metrics.ts'
import { ChannelTracks } from '../ingest/channel-tracks.ts'
import { Checkpoints } from '../ingest/checkpoints.ts'
import { Ingest } from '../ingest/ingest.ts'
import { InstrumentWords } from '../ingest/instrument-words.ts'
import { createIngestMetrics } from '../ingest/metrics.ts'
import type { FeedControl } from '../model/feed.ts'
import type { HealthCheck } from '../model/health.ts'
import type { BatchingProducer } from '../topic/batching-producer.ts'
import { createProducerMetrics, exposeProducer } from '../topic/metrics.ts'
import type { SideDeps } from './side.ts'

/** Exchange to topic: feed, stage 1, producer. */
export interface ProducerSide {
  readonly producer: BatchingProducer
  readonly feedCheck: HealthCheck
  /** Instruments that MAX_INSTRUMENTS keeps out. */
  readonly leftOutCount: number
  start(): Promise<void>
  /** No frame comes any more. */
  stopFeed(): void
}

export function createProducerSide(deps: SideDeps): ProducerSide {
  const { config, clock, loggerOf, registry, topics } = deps
  const { settings } = config
  const instruments = settings.INSTRUMENTS.slice(0, settings.MAX_INSTRUMENTS)
  const leftOut = settings.INSTRUMENTS.slice(settings.MAX_INSTRUMENTS)
  if (leftOut.length > 0) {
    const named = leftOut.slice(0, 20)
    loggerOf('feed').warn({ count: leftOut.length, named }, 'instruments above the cap left out')
  }

  const producer = topics.createProducer(createProducerMetrics(registry))
  exposeProducer(registry, producer)
  const tracks = new ChannelTracks({ snapshotMs: settings.CHECKPOINT_SNAPSHOT_MS }, clock)
  const words = new InstrumentWords()
  // The feed needs the sink, and what is behind the sink asks the feed.
  const control = (): FeedControl => feed
  const booksTopic = settings.KAFKA_TOPIC
  const checkpoints = new Checkpoints(
    {
      booksTopic,
      checkpointMs: settings.CHECKPOINT_MS,
      snapshotMs: settings.CHECKPOINT_SNAPSHOT_MS,
    },
    { producer, tracks, words, feed: control, clock },
  )
  const sink = new Ingest(
    { booksTopic, tradesTopic: settings.KAFKA_TRADES_TOPIC },
    {
      producer,
      tracks,
      checkpoints,
      words,
      feed: control,
      metrics: createIngestMetrics(registry),
      clock,
      logger: loggerOf('ingest'),
    },
  )
  const feed = new Feed(
    {
      url: settings.DERIBIT_URL,
      instruments,
      book: {
        group: settings.BOOK_GROUP,
        depth: settings.BOOK_DEPTH,
        interval: settings.BOOK_INTERVAL,
      },
      withTrades: settings.TRADES,
      deadAfterMs: settings.STALE_AFTER_MS,
      silenceMs: settings.INSTRUMENT_SILENCE_MS,
    },
    {
      sink,
      clock,
      logger: loggerOf('feed'),
      metrics: createFeedMetrics(registry),
      isMaintenance: () => words.isMaintenance,
    },
  )
  exposeFeed(registry, feed)
  return {
    producer,
    feedCheck: createFeedCheck(feed, { staleAfterMs: settings.STALE_AFTER_MS }, clock),
    leftOutCount: leftOut.length,
    async start() {
      // Frames wait in the producer's queue for a broker that is not there yet.
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
