import { computeBookNumbers, depthWithin } from '../../analytics/book-numbers.ts'
import type { EventTime } from '../../analytics/event-time.ts'
import type { ChannelBook } from '../../book/channel-book.ts'
import type {
  BandNumbers,
  BookNumbers,
  DetailNumbers,
  InstrumentView,
  NumberAxes,
  SignalsView,
  SnapshotView,
  SummaryView,
} from '../../model/snapshot.ts'
import type { Instant } from '../../time/clock.ts'
import type { ExchangeClock, WindowClock } from '../exchange-clock.ts'
import type { Publication } from '../lag.ts'
import type { BookStatus } from './book-status.ts'
import type { BookSignals, SignalReading } from './signals.ts'
import type { TradeFlow } from './trades.ts'
import type { WindowTracker } from './windows.ts'

export interface BookViewOptions extends NumberAxes {
  instrument: string
}

export interface BookViewDeps {
  status: BookStatus
  windows: WindowTracker
  /** null if signals are never measured. */
  signals: BookSignals | null
  exchangeClock: ExchangeClock
  windowClock: WindowClock
  amountUnitOf(instrument: string): string | null
  /** Trades of an instrument; undefined where none was seen. */
  tradesOf(instrument: string): TradeFlow | undefined
}

/**
 * Reads the book of one instrument. State and values are checked at each reading, so no timer has
 * to fire for a value to disappear. Numbers are computed at the first reading after a change.
 */
export class BookView {
  readonly #options: BookViewOptions
  readonly #deps: BookViewDeps
  readonly #deepest: number
  #book: ChannelBook | null = null
  #published: Publication | null = null
  #numbers: BookNumbers | null = null
  #bands: readonly BandNumbers[] | null = null
  #updatesTotal = 0

  constructor(options: BookViewOptions, deps: BookViewDeps) {
    this.#options = options
    this.#deps = deps
    this.#deepest = Math.max(...options.imbalanceDepths)
  }

  /** Sets the book to read, after a change, with the record that changed it. */
  show(book: ChannelBook, published: Publication): void {
    this.#book = book
    this.#published = published
    this.#numbers = null
    this.#bands = null
  }

  /** Counts an update of the exchange. */
  countUpdate(): void {
    this.#updatesTotal += 1
  }

  /** State and times, without numbers. */
  instrument(now: Instant): InstrumentView {
    const { status } = this.#deps
    return {
      ...status.at(now),
      instrument: this.#options.instrument,
      lastUpdateMs: this.#book?.last?.exchangeTimeMs ?? null,
      verifiedTimeMs: status.verifiedTimeMs,
      updatesTotal: this.#updatesTotal,
    }
  }

  /** Numbers of a live book; null in every other state. */
  liveNumbers(now: Instant): BookNumbers | null {
    return this.#deps.status.at(now).state === 'live' ? this.#lastNumbers() : null
  }

  /** Bands and windows, whatever the state. */
  detail(now: Instant): DetailNumbers {
    return {
      bands: this.#lastBands(),
      windows: this.#deps.windows.read(this.#eventTimeAt(now), this.#trades),
    }
  }

  /** Bytes of the arrays of the windows. */
  get windowBytes(): number {
    return this.#deps.windows.bytes
  }

  /** Signals: counts in every state, numbers only while `live`; null while signals are off. */
  signals(now: Instant): SignalReading | null {
    const { signals, status } = this.#deps
    const counts = signals?.counts ?? null
    if (signals === null || counts === null) return null
    const isLive = status.at(now).state === 'live'
    const { exchangeTimeMs } = this.#eventTimeAt(now)
    return { counts, numbers: isLive ? signals.read(exchangeTimeMs) : null }
  }

  /** The same with the calibration of each horizon and depth. */
  signalsView(now: Instant): SignalsView | null {
    const { signals } = this.#deps
    const reading = this.signals(now)
    if (signals === null || reading === null) return null
    const { exchangeTimeMs } = this.#eventTimeAt(now)
    const calibrations = reading.numbers === null ? null : signals.calibrations(exchangeTimeMs)
    return { ...this.instrument(now), ...reading, axes: signals.axes, calibrations }
  }

  /** One atomic reading with at most `depth` levels per side; null before the first snapshot. */
  snapshot(depth: number, now: Instant): SnapshotView | null {
    const summary = this.summary(now)
    const levels = this.#book?.levels ?? null
    if (summary === null || levels === null) return null
    return {
      ...summary,
      bids: levels.bids(depth),
      asks: levels.asks(depth),
      windows: this.#deps.windows.read(this.#eventTimeAt(now), this.#trades),
      signals: this.signals(now)?.numbers ?? null,
    }
  }

  /** The same without levels and windows. */
  summary(now: Instant): SummaryView | null {
    const levels = this.#book?.levels ?? null
    const last = this.#book?.last ?? null
    const numbers = this.#lastNumbers()
    if (levels === null || last === null || numbers === null || this.#published === null)
      return null
    const { topic, partition, offset, timestampMs, publishedTimeMs } = this.#published
    const { exchangeClock } = this.#deps
    return {
      ...this.instrument(now),
      ...numbers,
      amountUnit: this.#deps.amountUnitOf(this.#options.instrument),
      changeId: last.changeId,
      exchangeTimeMs: last.exchangeTimeMs,
      receivedTimeMs: timestampMs,
      publishedTimeMs,
      ageMs: exchangeClock.ageMs(last.exchangeTimeMs, now),
      bands: this.#lastBands(),
      lastTrade: this.#trades?.lastTrade ?? null,
      bidLevels: levels.bidCount,
      askLevels: levels.askCount,
      lagMs: exchangeClock.lagMs(this.#published, now),
      source: { topic, partition, offset },
    }
  }

  get #trades(): TradeFlow | undefined {
    return this.#deps.tradesOf(this.#options.instrument)
  }

  #lastBands(): readonly BandNumbers[] {
    const levels = this.#book?.levels ?? null
    if (levels === null) return []
    this.#bands ??= this.#options.bandsBps.map((bps) => depthWithin(levels, bps))
    return this.#bands
  }

  /**
   * Time at which windows are read: the newest verification, by the exchange's clock. While the
   * offset is unknown, it is derived from the last snapshot, as if that had arrived without delay.
   * Depends on the records of the book alone.
   */
  #eventTimeAt(now: Instant): EventTime {
    const { status, windowClock } = this.#deps
    const verifiedTimeMs = Math.min(now.wallMs, status.verifiedTimeMs ?? now.wallMs)
    const { exchangeTimeMs = 0, timestampMs = 0 } = this.#published ?? {}
    const offsetMs = windowClock.offsetMs ?? exchangeTimeMs - timestampMs
    return { exchangeTimeMs: verifiedTimeMs + offsetMs, verifiedTimeMs }
  }

  #lastNumbers(): BookNumbers | null {
    const levels = this.#book?.levels ?? null
    if (levels === null) return null
    this.#numbers ??= computeBookNumbers(
      levels.bids(this.#deepest),
      levels.asks(this.#deepest),
      this.#options.imbalanceDepths,
    )
    return this.#numbers
  }
}
