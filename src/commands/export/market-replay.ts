import { MessageParser } from '../../deribit/protocol/parse-message.ts'
import { peekGroupedChannel } from '../../deribit/protocol/peek-channel.ts'
import type { NumberAxes } from '../../model/snapshot.ts'
import { type Logger, noTracing } from '../../model/telemetry.ts'
import type { TopicRecord } from '../../model/topic.ts'
import { MetricRegistry } from '../../observability/metrics/registry.ts'
import { BookStore } from '../../process/books/book-store.ts'
import { createProcessMetrics } from '../../process/metrics.ts'
import { RecordProcessor, RejectedRecords } from '../../process/record-processor.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { Row, RowCause } from './columns.ts'

/** Interval at which books are looked at whose state may have changed by time alone. */
const LOOK_MS = 1000
const NO_TIMER: Timer = { cancel: () => undefined }

export interface MarketReplayOptions extends NumberAxes {
  booksTopic: string
  tradesTopic: string
  staleAfterMs: number
  maxRecordAgeMs: number
  maxInstruments: number
  producerSilentAfterMs: number
  /** Names to export; empty for all. */
  instruments: ReadonlySet<string>
  /** Rows before this time only warm up; epoch ms. */
  fromMs: number
  /** No row at or after this time; epoch ms. */
  toMs: number
  /** Step of the grid, ms; null for a row for each record that changed something. */
  stepMs: number | null
}

/** Time of the replay: that of its records. Never goes back. */
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

interface LastRow {
  readonly state: string
  readonly reason: string | null
  readonly updatesTotal: number
  readonly verifiedTimeMs: number | null
  readonly lastUpdateMs: number | null
}

/**
 * Replays records through the books of the service, as if each record had been read when it was
 * received, and makes the rows of the table.
 */
export class MarketReplay {
  readonly #options: MarketReplayOptions
  readonly #clock = new ReplayClock()
  readonly #store: BookStore
  readonly #processor: RecordProcessor
  readonly #onRow: (row: Row) => void
  readonly #last = new Map<string, LastRow>()
  readonly #exported = new Set<string>()
  /** Next step of the grid, or next look at the states; null before the first record. */
  #nextMs: number | null = null

  constructor(options: MarketReplayOptions, onRow: (row: Row) => void, logger: Logger) {
    this.#options = options
    this.#onRow = onRow
    const metrics = createProcessMetrics(new MetricRegistry({ role: 'consumer' }))
    this.#store = new BookStore(
      { ...options, namedInstruments: [] },
      {
        clock: this.#clock,
        counters: metrics,
        partitionOf: () => undefined,
        isWrittenElsewhere: () => false,
        isReadToEnd: () => true,
        amountUnitOf: () => null,
        isWanted: () => true,
      },
    )
    this.#processor = new RecordProcessor(options, {
      store: this.#store,
      parse: new MessageParser().parseRecord,
      groupedChannelOf: peekGroupedChannel,
      rejectedRecords: new RejectedRecords(),
      metrics,
      tracing: noTracing,
      logger,
    })
  }

  /** Instruments that have at least one row. */
  get exported(): ReadonlySet<string> {
    return this.#exported
  }

  /** Replays a record. Records come in the order of their partition. */
  apply(record: TopicRecord): void {
    const { key, timestampMs } = record
    const { instruments, booksTopic } = this.#options
    if (!Number.isFinite(timestampMs)) return
    this.#passTime(timestampMs)
    this.#clock.advance(timestampMs)
    const nowMs = this.#clock.nowMs()
    const isWanted = key !== null && (instruments.size === 0 || instruments.has(key))
    const isCheckpoint = record.headers?.['kind'] === 'checkpoint'
    // The checkpoints of other books may hold the clock of the exchange.
    if (!isWanted && !isCheckpoint) return
    // The clock never goes back, so a record may arrive after its timestamp.
    this.#processor.onRecord({ ...record, arrivedTimeMs: nowMs, arrivedMonotonicMs: nowMs })
    if (!isWanted || this.#options.stepMs !== null) return
    const isBook = record.topic === booksTopic
    this.#rowOf(key, isBook ? (isCheckpoint ? 'checkpoint' : 'update') : 'trades', nowMs)
  }

  /** Ends the replay: the time passes up to the end of the range. */
  end(): void {
    if (this.#nextMs !== null) this.#passTime(this.#options.toMs)
  }

  /** Makes the rows that are due by time alone, before the next record. */
  #passTime(timeMs: number): void {
    const everyMs = this.#options.stepMs ?? LOOK_MS
    if (this.#nextMs === null) {
      this.#nextMs = (Math.floor(timeMs / everyMs) + 1) * everyMs
      return
    }
    // A record on a step belongs to the step: rows are made once its time is over.
    while (this.#nextMs < timeMs) {
      // Nothing is known of a long time without records; the books stay stale in it.
      this.#clock.advance(this.#nextMs)
      for (const { instrument } of this.#store.instruments()) {
        this.#rowOf(instrument, this.#options.stepMs === null ? 'state' : 'step', this.#nextMs)
      }
      this.#nextMs += everyMs
    }
  }

  #rowOf(instrument: string, cause: RowCause, timeMs: number): void {
    const { fromMs, toMs, instruments } = this.#options
    if (timeMs < fromMs || timeMs >= toMs) return
    if (instruments.size > 0 && !instruments.has(instrument)) return
    const view = this.#store.instrument(instrument)
    if (view === undefined) return
    if (cause !== 'step' && cause !== 'trades' && !this.#isNew(instrument, view, cause)) return
    this.#last.set(instrument, view)
    this.#exported.add(instrument)
    const snapshot = this.#store.snapshot(instrument, 0) ?? null
    this.#onRow({ timeMs, cause, view: snapshot ?? view, snapshot })
  }

  #isNew(instrument: string, view: LastRow, cause: RowCause): boolean {
    const last = this.#last.get(instrument)
    if (last === undefined) return true
    const isOtherState = last.state !== view.state || last.reason !== view.reason
    if (cause === 'state' || isOtherState) return isOtherState
    return (
      last.updatesTotal !== view.updatesTotal ||
      last.verifiedTimeMs !== view.verifiedTimeMs ||
      last.lastUpdateMs !== view.lastUpdateMs
    )
  }
}
