import { isCheckpoint, parseCheckpoint } from '../model/checkpoint-headers.ts'
import type { BookFrame, MarketFrame, RecordParser, TradesFrame } from '../model/frames.ts'
import {
  INVALID_RECORD_REASONS,
  type InvalidRecordReason,
  type RejectedRecord,
} from '../model/pipeline.ts'
import type { Logger, ProcessedUpdate, Tracing } from '../model/telemetry.ts'
import {
  isPlausibleTimestamp,
  type RecordHandler,
  type SupersedableRecord,
  type TopicPartition,
  type TopicRecord,
  type UnreadableRange,
} from '../model/topic.ts'
import type { Instant } from '../time/clock.ts'
import type { BookStore } from './books/book-store.ts'
import { RecordLag, topicDelayMs } from './lag.ts'
import type { ProcessMetrics } from './metrics.ts'

type ConsumedSeries = ReturnType<ProcessMetrics['consumed']['series']>

const EXCERPT_BYTES = 200

export interface RecordProcessorOptions {
  booksTopic: string
  tradesTopic: string
}

export interface RecordProcessorDeps {
  store: BookStore
  parse: RecordParser
  /**
   * Channel of an ordinary grouped snapshot of the instrument, without parsing it; null if the value
   * is anything else.
   */
  groupedChannelOf: (value: Buffer, instrument: string) => string | null
  rejectedRecords: RejectedRecords
  metrics: ProcessMetrics
  tracing: Tracing
  logger: Logger
  /** Called after a record that was not replayed changed a book. Default: no callback. */
  onPublished?: (instrument: string) => void
}

/**
 * Validates each record of the topics and applies its frame to the book, or its trades to the
 * instrument.
 */
export class RecordProcessor implements RecordHandler {
  readonly #options: RecordProcessorOptions
  readonly #deps: RecordProcessorDeps
  readonly #lag: RecordLag
  /** Series looked up once, as every record increments one of them. */
  readonly #consumedBooks: ConsumedSeries
  readonly #consumedTrades: ConsumedSeries

  constructor(options: RecordProcessorOptions, deps: RecordProcessorDeps) {
    this.#options = options
    this.#deps = deps
    const { metrics } = deps
    this.#lag = new RecordLag({ metrics })
    // Create all series with 0, so that an alert sees the first one as an increase.
    for (const topic of [options.booksTopic, options.tradesTopic]) {
      for (const reason of INVALID_RECORD_REASONS) metrics.invalid.series({ topic, reason })
      metrics.conflated.series({ topic })
    }
    this.#consumedBooks = deps.metrics.consumed.series({ topic: options.booksTopic })
    this.#consumedTrades = deps.metrics.consumed.series({ topic: options.tradesTopic })
  }

  /**
   * Minimum delay between the producers' clocks and ours over the last five minutes, ms, may be
   * negative; null while unknown.
   */
  delayFloorMs(): number | null {
    return this.#lag.floor.read(this.#deps.store.now().monotonicMs)
  }

  onPartitionCount(topic: string, count: number): void {
    if (topic === this.#options.booksTopic) this.#deps.store.setPartitionCount(count)
  }

  onAssigned(partitions: readonly TopicPartition[]): void {
    this.#deps.store.gain(partitionsOf(this.#options.booksTopic, partitions))
    this.#deps.store.trades.gain(partitionsOf(this.#options.tradesTopic, partitions))
  }

  onRevoked(partitions: readonly TopicPartition[]): void {
    this.#deps.store.lose(partitionsOf(this.#options.booksTopic, partitions))
    this.#deps.store.trades.lose(partitionsOf(this.#options.tradesTopic, partitions))
  }

  onRecord(record: TopicRecord): void {
    const update = record.headers === undefined ? null : this.#deps.tracing.process(record)
    if (update === null) this.#process(record, null)
    else update.run(() => this.#process(record, update))
    if (record.topic === this.#options.booksTopic) this.#deps.store.trackProgress(record)
    else if (record.isAtEnd || !record.isReplayed) this.#caughtUp(record)
  }

  onCaughtUp({ topic, partition }: TopicPartition): void {
    this.#caughtUp({ topic, partition })
  }

  supersedableChannel({ key, value }: SupersedableRecord): string | null {
    return key === null || value === null ? null : this.#deps.groupedChannelOf(value, key)
  }

  onSuperseded({ topic, key }: SupersedableRecord & TopicPartition): void {
    this.#deps.metrics.conflated.series({ topic }).add()
    if (key !== null) this.#deps.store.noteConflated(key)
  }

  onUnreadable({ topic, partition, firstOffset: offset }: UnreadableRange): void {
    const skippedTimeMs = this.#deps.store.now().wallMs
    const excerpt = null
    this.#deps.rejectedRecords.add({
      topic,
      partition,
      offset,
      reason: 'unreadable',
      excerpt,
      skippedTimeMs,
    })
  }

  #caughtUp({ topic, partition }: TopicPartition): void {
    const { booksTopic, tradesTopic } = this.#options
    if (topic === booksTopic) this.#deps.store.catchUp(partition)
    else if (topic === tradesTopic) this.#deps.store.trades.catchUp(partition)
  }

  #process(record: TopicRecord, update: ProcessedUpdate | null): void {
    this.#consumed(record.topic).add()
    // A record without a valid timestamp has no meaningful age, so it is never current.
    if (!isPlausibleTimestamp(record.timestampMs, record.arrivedTimeMs)) {
      this.#skip(record, 'timestamp', update)
      return
    }
    const parsed = record.value === null ? null : this.#deps.parse(record.value)
    if (parsed === null) this.#skip(record, 'schema', update)
    else if (!parsed.ok) this.#skip(record, parsed.problem, update)
    else if (record.topic !== this.#topicOf(parsed.frame)) {
      this.#skip(record, 'unknown_channel', update)
    } else if (parsed.frame.instrument !== record.key) this.#skip(record, 'key_mismatch', update)
    else if (!hasPlausibleTimes(parsed.frame, record)) this.#skip(record, 'timestamp', update)
    else this.#apply(parsed.frame, record, update)
  }

  #apply(frame: MarketFrame, record: TopicRecord, update: ProcessedUpdate | null): void {
    if (frame.type === 'book') this.#applyBook(frame, record, update)
    else this.#applyTrades(frame, record)
  }

  #applyTrades(frame: TradesFrame, record: TopicRecord): void {
    // Clamp to the present: a wrong clock may put the timestamp in the future.
    const receivedTimeMs = Math.min(record.timestampMs, record.arrivedTimeMs)
    this.#deps.store.trades.apply(frame, record.partition, receivedTimeMs)
  }

  #applyBook(frame: BookFrame, record: TopicRecord, update: ProcessedUpdate | null): void {
    const { store } = this.#deps
    const claim = isCheckpoint(record.headers) ? record.headers : null
    const checkpoint = claim === null ? null : parseCheckpoint(claim, record.arrivedTimeMs)
    if (checkpoint === 'schema' || checkpoint === 'timestamp') {
      this.#skip(record, checkpoint, update)
      return
    }
    const now = store.now()
    if (checkpoint !== null)
      store.producerClocks.update(checkpoint, Math.min(record.timestampMs, now.wallMs))
    const book = store.bookOf(frame.instrument, record.partition)
    const isCounted = book?.state(now).state === 'live'
    const input = { record, frame, checkpoint, topicDelayMs: topicDelayMs(record) }
    const isPublished = book?.apply(input, now) === true
    if (isPublished && !record.isReplayed) this.#deps.onPublished?.(frame.instrument)
    // A checkpoint is made long after its frame, and a replayed record is history: neither is a
    // lag.
    if (checkpoint !== null || record.isReplayed) return
    this.#lag.observeArrival(input)
    const published = book?.published ?? null
    if (book === null || published === null || !isPublished) {
      update?.skip('unpublished')
      return
    }
    const exchangeToReceiveMs = isCounted
      ? book.exchangeClock.exchangeToReceiveMs(frame.exchangeTimeMs, record.timestampMs, now)
      : null
    const totalMs = this.#lag.observePublication(published, exchangeToReceiveMs)
    const isSlow = published.receiveToPublishMs > this.#deps.tracing.slowMs
    if (update === null && !isSlow) return
    const traceId = this.#trace(frame, record, { now, update })
    if (traceId !== null) this.#lag.setExemplar(published, totalMs, traceId, now)
  }

  /**
   * Ends the spans of a sampled update, or creates them for an unsampled outlier. Returns the id of
   * the trace; null if there is none.
   */
  #trace(
    frame: BookFrame,
    record: TopicRecord,
    { now, update }: { now: Instant; update: ProcessedUpdate | null },
  ): string | null {
    const { tracing, store } = this.#deps
    const times = {
      readMonotonicMs: now.monotonicMs,
      publishedMonotonicMs: store.now().monotonicMs,
    }
    update?.publish(frame, times)
    return update === null ? tracing.rebuild(record, frame, times) : update.traceId
  }

  #topicOf(frame: MarketFrame): string {
    const { booksTopic, tradesTopic } = this.#options
    return frame.type === 'book' ? booksTopic : tradesTopic
  }

  #consumed(topic: string): ConsumedSeries {
    if (topic === this.#options.booksTopic) return this.#consumedBooks
    if (topic === this.#options.tradesTopic) return this.#consumedTrades
    return this.#deps.metrics.consumed.series({ topic })
  }

  #skip(record: TopicRecord, reason: InvalidRecordReason, update: ProcessedUpdate | null): void {
    const { topic, partition, offset, value, arrivedTimeMs: skippedTimeMs } = record
    this.#deps.metrics.invalid.series({ topic, reason }).add()
    update?.skip(reason)
    const excerpt = value?.toString('utf8', 0, EXCERPT_BYTES) ?? null
    this.#deps.rejectedRecords.add({ topic, partition, offset, reason, excerpt, skippedTimeMs })
    this.#deps.logger.warn(
      { topic, partition, offset, reason, excerpt },
      `invalid record skipped: ${reason}`,
    )
  }
}

function partitionsOf(wanted: string, partitions: readonly TopicPartition[]): number[] {
  return partitions.filter(({ topic }) => topic === wanted).map(({ partition }) => partition)
}

/** Whether the exchange's timestamps in the frame are plausible. */
function hasPlausibleTimes(frame: MarketFrame, { arrivedTimeMs }: TopicRecord): boolean {
  return frame.type === 'book'
    ? isPlausibleTimestamp(frame.exchangeTimeMs, arrivedTimeMs)
    : frame.trades.every(({ exchangeTimeMs }) =>
        isPlausibleTimestamp(exchangeTimeMs, arrivedTimeMs),
      )
}

const MAX_RECORDS = 10

/** Keeps the last ten records that were invalid or unreadable, to identify their writer. */
export class RejectedRecords {
  readonly #records: RejectedRecord[] = []

  add(record: RejectedRecord): void {
    this.#records.unshift(record)
    if (this.#records.length > MAX_RECORDS) this.#records.pop()
  }

  /** Newest first. */
  list(): readonly RejectedRecord[] {
    return [...this.#records]
  }
}
