import type { Config } from '../config/config.ts'
import { MessageParser } from '../deribit/protocol/parse-message.ts'
import type { NumberAxes } from '../model/snapshot.ts'
import { type Logger, noTracing } from '../model/telemetry.ts'
import type { TopicRecord } from '../model/topic.ts'
import { MetricRegistry } from '../observability/metrics/registry.ts'
import { BookStore, type SignalOptions } from '../process/books/book-store.ts'
import { createProcessMetrics } from '../process/metrics.ts'
import { RecordProcessor, RejectedRecords } from '../process/record-processor.ts'
import type { Clock, Timer } from '../time/clock.ts'

const NO_TIMER: Timer = { cancel: () => undefined }

export interface ReplayedBooksOptions extends NumberAxes {
  booksTopic: string
  tradesTopic: string
  staleAfterMs: number
  maxRecordAgeMs: number
  maxInstruments: number
  producerSilentAfterMs: number
  /** Names to replay; empty for all. */
  instruments: ReadonlySet<string>
  /** Default: no signals. */
  signals?: SignalOptions
}

/** Logger of commands that replay records: they report in other ways. */
export const quietLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
}

/** The options that a replay has in common with a consumer of the service. */
export function consumerOptions({ settings }: Config) {
  return {
    booksTopic: settings.KAFKA_TOPIC,
    tradesTopic: settings.KAFKA_TRADES_TOPIC,
    staleAfterMs: settings.STALE_AFTER_MS,
    maxRecordAgeMs: settings.MAX_RECORD_AGE_MS,
    maxInstruments: settings.MAX_INSTRUMENTS,
    producerSilentAfterMs: settings.WARMUP_MS,
  }
}

/** Clock of the replay: follows the timestamps of the records and never goes back. */
class ReplayClock implements Clock {
  #nowMs = 0

  advance(timeMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, timeMs)
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimer(): Timer {
    return NO_TIMER
  }
}

/** The books of the service over records that are read as if each arrived when it was received. */
export class ReplayedBooks {
  readonly store: BookStore
  readonly #instruments: ReadonlySet<string>
  readonly #clock = new ReplayClock()
  readonly #processor: RecordProcessor

  constructor(options: ReplayedBooksOptions, logger: Logger) {
    this.#instruments = options.instruments
    const metrics = createProcessMetrics(new MetricRegistry({ role: 'consumer' }))
    this.store = new BookStore(
      { ...options, namedInstruments: [] },
      {
        clock: this.#clock,
        counters: metrics,
        partitionOf: () => undefined,
        isWrittenInOtherPartitions: () => false,
        isReadToEnd: () => true,
        amountUnitOf: () => null,
        isWanted: () => true,
      },
    )
    const parser = new MessageParser()
    this.#processor = new RecordProcessor(options, {
      store: this.store,
      parse: parser.parseRecord,
      groupedChannelOf: parser.groupedChannelOf,
      rejectedRecords: new RejectedRecords(),
      metrics,
      tracing: noTracing,
      logger,
    })
  }

  /** Time of the newest record, or to which `advance` set it; epoch ms. */
  get nowMs(): number {
    return this.#clock.nowMs()
  }

  /** Advances the time of the replay without a record; epoch ms, earlier times have no effect. */
  advance(timeMs: number): void {
    this.#clock.advance(timeMs)
  }

  /**
   * Applies a record. Records come in the order of their partition.
   * @returns whether it belongs to an instrument of the options
   */
  apply(record: TopicRecord): boolean {
    const { key, timestampMs } = record
    if (!Number.isFinite(timestampMs)) return false
    this.#clock.advance(timestampMs)
    if (key === null || (this.#instruments.size > 0 && !this.#instruments.has(key))) return false
    // The clock never goes back, so a record may arrive after its timestamp.
    const nowMs = this.nowMs
    this.#processor.onRecord({ ...record, arrivedTimeMs: nowMs, arrivedMonotonicMs: nowMs })
    return true
  }
}
