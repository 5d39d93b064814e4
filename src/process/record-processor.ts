import type { BookFrame, RecordParser } from '../model/frame.ts'
import type { Logger } from '../model/logger.ts'
import type { RecordHandler, TopicPartition, TopicRecord } from '../model/topic.ts'
import type { BookStore } from './book-store.ts'
import { isCheckpoint, parseCheckpoint } from './checkpoint.ts'
import type { ProcessMetrics } from './metrics.ts'
import type { PoisonLog } from './poison-log.ts'
import { StageLag } from './stage-lag.ts'

/** Why a record of the topic is skipped. */
export type InvalidRecordReason = 'json' | 'schema' | 'unknown_channel' | 'key_mismatch'

type ConsumedCell = ReturnType<ProcessMetrics['consumed']['cell']>

const EXCERPT_BYTES = 200

export interface RecordProcessorOptions {
  booksTopic: string
}

export interface RecordProcessorDeps {
  store: BookStore
  parse: RecordParser
  poison: PoisonLog
  metrics: ProcessMetrics
  logger: Logger
}

/** Stage 2: judges each record of the topic again, and gives its frame to the book it is for. */
export class RecordProcessor implements RecordHandler {
  readonly #options: RecordProcessorOptions
  readonly #deps: RecordProcessorDeps
  readonly #lag: StageLag
  /** Looked up once: every record counts. */
  readonly #consumedBooks: ConsumedCell

  constructor(options: RecordProcessorOptions, deps: RecordProcessorDeps) {
    this.#options = options
    this.#deps = deps
    const { metrics, store } = deps
    this.#lag = new StageLag({ metrics, exchangeClock: store.exchangeClock })
    this.#consumedBooks = deps.metrics.consumed.cell({ topic: options.booksTopic })
  }

  /** Least delay of the last five minutes between the producers' clocks and ours, ms; null = unknown. */
  delayFloorMs(): number | null {
    return this.#lag.floor.read(this.#deps.store.now().monotonicMs)
  }

  onAssigned(partitions: readonly TopicPartition[]): void {
    this.#deps.store.gain(this.#bookPartitions(partitions))
  }

  onRevoked(partitions: readonly TopicPartition[]): void {
    this.#deps.store.lose(this.#bookPartitions(partitions))
  }

  onRecord(record: TopicRecord): void {
    this.#consumed(record.topic).add()
    this.#take(record)
    const isReplayOver = !record.isReplayed || record.isAtEnd
    if (isReplayOver && record.topic === this.#options.booksTopic) {
      this.#deps.store.endReplay(record.partition)
    }
  }

  #take(record: TopicRecord): void {
    const parsed = record.value === null ? null : this.#deps.parse(record.value)
    if (parsed === null) this.#skip(record, 'schema')
    else if (!parsed.ok) this.#skip(record, parsed.problem)
    else if (parsed.frame.type !== 'book' || record.topic !== this.#options.booksTopic) {
      this.#skip(record, 'unknown_channel')
    } else if (parsed.frame.instrument !== record.key) this.#skip(record, 'key_mismatch')
    else this.#apply(parsed.frame, record)
  }

  #apply(frame: BookFrame, record: TopicRecord): void {
    const { store } = this.#deps
    const claim = isCheckpoint(record.headers) ? record.headers : null
    const checkpoint = claim === null ? null : parseCheckpoint(claim)
    if (claim !== null && checkpoint === null) {
      this.#skip(record, 'schema')
      return
    }
    if (checkpoint !== null) store.exchangeClock.learn(checkpoint)
    const now = store.now()
    const book = store.bookOf(frame.instrument, record.partition)
    const isNews = book?.state(now).state === 'live'
    book?.apply({ record, frame, checkpoint }, now)
    // A checkpoint was made long after its frame, a replayed record is history: neither is a lag.
    if (checkpoint === null && !record.isReplayed) this.#lag.observe(record, frame, isNews, now)
  }

  #consumed(topic: string): ConsumedCell {
    if (topic === this.#options.booksTopic) return this.#consumedBooks
    return this.#deps.metrics.consumed.cell({ topic })
  }

  #skip(record: TopicRecord, reason: InvalidRecordReason): void {
    const { topic, partition, offset, value, arrivedTimeMs: skippedTimeMs } = record
    this.#deps.metrics.invalid.cell({ topic, reason }).add()
    const excerpt = value?.toString('utf8', 0, EXCERPT_BYTES) ?? null
    this.#deps.poison.add({ topic, partition, offset, reason, excerpt, skippedTimeMs })
    this.#deps.logger.warn(
      { topic, partition, offset, reason, excerpt },
      `record of the topic skipped: ${reason}`,
    )
  }

  #bookPartitions(partitions: readonly TopicPartition[]): number[] {
    return partitions
      .filter(({ topic }) => topic === this.#options.booksTopic)
      .map(({ partition }) => partition)
  }
}
