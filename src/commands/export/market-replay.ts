import { isDeepStrictEqual } from 'node:util'
import { isCheckpoint } from '../../model/checkpoint-headers.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { SnapshotView } from '../../model/snapshot.ts'
import type { TopicRecord } from '../../model/topic.ts'
import { ReplayedBooks, type ReplayedBooksOptions } from '../replayed-books.ts'
import type { Row, RowCause } from './columns.ts'

/** Interval of polling for books whose state changed by time alone. */
const DEFAULT_STEP_MS = 1000

export interface MarketReplayOptions extends ReplayedBooksOptions {
  /** Rows before this time only warm up; epoch ms. */
  fromMs: number
  /** No row at or after this time; epoch ms. */
  toMs: number
  /** Step of the grid, ms; null for a row for each record that changed something. */
  stepMs: number | null
}

interface LastRow {
  readonly state: string
  readonly reason: string | null
  readonly updatesTotal: number
  readonly verifiedTimeMs: number | null
  readonly lastUpdateMs: number | null
}

interface Last {
  readonly row: LastRow
  readonly snapshot: SnapshotView | null
}

/**
 * Replays records through the books of the service, as if each record had been read when it was
 * received, and makes the rows of the table.
 */
export class MarketReplay {
  readonly #options: MarketReplayOptions
  readonly #books: ReplayedBooks
  readonly #onRow: (row: Row) => void
  readonly #last = new Map<string, Last>()
  readonly #exported = new Set<string>()
  /** Next step of the grid, or next poll of the states, epoch ms; null before the first record. */
  #nextMs: number | null = null

  constructor(options: MarketReplayOptions, onRow: (row: Row) => void, logger: Logger) {
    this.#options = options
    this.#onRow = onRow
    this.#books = new ReplayedBooks(options, logger)
  }

  /** Instruments that have at least one row. */
  get exported(): ReadonlySet<string> {
    return this.#exported
  }

  /** Replays a record. Records come in the order of their partition. */
  apply(record: TopicRecord): void {
    const { key, timestampMs } = record
    if (!Number.isFinite(timestampMs)) return
    this.#passTime(timestampMs)
    const isApplied = this.#books.apply(record)
    if (!isApplied || key === null || this.#options.stepMs !== null) return
    const nowMs = this.#books.nowMs
    const isBook = record.topic === this.#options.booksTopic
    this.#rowOf(
      key,
      isBook ? (isCheckpoint(record.headers) ? 'checkpoint' : 'update') : 'trades',
      nowMs,
    )
  }

  /** Ends the replay: the time passes up to the end of the range. */
  end(): void {
    if (this.#nextMs !== null) this.#passTime(this.#options.toMs)
  }

  /** Makes the rows that are due by time alone, before the next record. */
  #passTime(timeMs: number): void {
    const everyMs = this.#options.stepMs ?? DEFAULT_STEP_MS
    if (this.#nextMs === null) {
      this.#nextMs = (Math.floor(timeMs / everyMs) + 1) * everyMs
      return
    }
    // A record on a step belongs to the step: rows are made once its time is over.
    while (this.#nextMs < timeMs) {
      // During a long time without records the books are stale.
      this.#books.advance(this.#nextMs)
      for (const { instrument } of this.#books.store.instruments()) {
        this.#rowOf(instrument, this.#options.stepMs === null ? 'state' : 'step', this.#nextMs)
      }
      this.#nextMs += everyMs
    }
  }

  #rowOf(instrument: string, cause: RowCause, timeMs: number): void {
    const { fromMs, toMs, instruments } = this.#options
    if (timeMs < fromMs || timeMs >= toMs) return
    if (instruments.size > 0 && !instruments.has(instrument)) return
    const view = this.#books.store.instrument(instrument)
    if (view === undefined) return
    const last = this.#last.get(instrument)
    if (cause === 'state' && last !== undefined && !isOtherState(last.row, view)) return
    const snapshot = this.#books.store.snapshot(instrument, 0) ?? null
    const next = { row: view, snapshot }
    const isRecord = cause === 'update' || cause === 'checkpoint'
    if (isRecord && last !== undefined && !isOtherReading(last, next, cause)) return
    this.#last.set(instrument, next)
    this.#exported.add(instrument)
    this.#onRow({ timeMs, cause, view: snapshot ?? view, snapshot })
  }
}

function isOtherState(last: LastRow, next: LastRow): boolean {
  return last.state !== next.state || last.reason !== next.reason
}

function isOtherReading(last: Last, next: Last, cause: RowCause): boolean {
  return (
    isOtherState(last.row, next.row) ||
    last.row.updatesTotal !== next.row.updatesTotal ||
    last.row.verifiedTimeMs !== next.row.verifiedTimeMs ||
    last.row.lastUpdateMs !== next.row.lastUpdateMs ||
    (cause === 'checkpoint' && isReadAtAnotherTime(last, next))
  )
}

/** Whether a checkpoint corrected the clock by which windows and signals are read. */
function isReadAtAnotherTime(last: Last, next: Last): boolean {
  const timed = ({ snapshot }: Last) => [snapshot?.windows, snapshot?.signals]
  return !isDeepStrictEqual(timed(last), timed(next))
}
