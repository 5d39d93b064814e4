import { computeBookNumbers } from '../analytics/book-numbers.ts'
import { depthWithin } from '../analytics/depth-band.ts'
import type { EventTime } from '../analytics/event-time.ts'
import { type ApplyResult, changesBook, ChannelBook } from '../book/channel-book.ts'
import type { BookFrame, Trade } from '../model/frames.ts'
import type {
  BandNumbers,
  BookNumbers,
  DetailNumbers,
  InstrumentView,
  NumberAxes,
  SignalsView,
  SnapshotView,
  SummaryView,
} from '../model/snapshot.ts'
import type { StateView } from '../model/status.ts'
import type { TopicRecord } from '../model/topic.ts'
import type { Instant } from '../time/clock.ts'
import { BookStatus, type BookStatusDeps } from './book-status.ts'
import { type Checkpoint, ProducerArbiter } from './checkpoint.ts'
import { Continuity } from './continuity.ts'
import { ExchangeClock, type ProducerClocks } from './exchange-clock.ts'
import { HomePartition } from './home-partition.ts'
import { Publication } from './lag.ts'
import { type BookCounters, countResult } from './metrics.ts'
import type { TradeFlow } from './trades.ts'
import { type SignalDeps, type SignalReading, SignalTracker } from './signals.ts'
import { type WatchedRecord, WindowTracker } from './windows.ts'

/** A record of the book topic, parsed and validated as far as possible without the book. */
export interface BookRecord {
  readonly record: TopicRecord
  readonly frame: BookFrame
  /** null for an ordinary record. */
  readonly checkpoint: Checkpoint | null
}

export interface InstrumentBookOptions extends NumberAxes {
  instrument: string
  partition: number
  staleAfterMs: number
  maxRecordAgeMs: number
}

export interface InstrumentBookDeps extends BookStatusDeps {
  counters: BookCounters
  producerClocks: ProducerClocks
  amountUnitOf(instrument: string): string | null
  /** Trades of an instrument; undefined where none was seen. */
  tradesOf(instrument: string): TradeFlow | undefined
  /** null if signals are not measured. */
  signals: SignalDeps | null
}

/**
 * Maintains the book of one instrument from its records. State and values are checked at each
 * reading, so no timer has to fire for a value to disappear.
 */
export class InstrumentBook {
  readonly instrument: string
  readonly home: HomePartition
  readonly #options: InstrumentBookOptions
  readonly #deps: InstrumentBookDeps
  readonly #status: BookStatus
  readonly #arbiter: ProducerArbiter
  readonly #exchangeClock: ExchangeClock
  readonly #deepest: number
  readonly #windows: WindowTracker
  readonly #continuity: Continuity
  #signals: SignalTracker | null = null
  #book: ChannelBook | null = null
  #published: Publication | null = null
  #numbers: BookNumbers | null = null
  #bands: readonly BandNumbers[] | null = null
  #updatesTotal = 0

  constructor(options: InstrumentBookOptions, deps: InstrumentBookDeps, now: Instant) {
    this.instrument = options.instrument
    this.home = new HomePartition(options, now)
    this.#options = options
    this.#deps = deps
    this.#status = new BookStatus(options, deps, now)
    this.#arbiter = new ProducerArbiter(options.staleAfterMs)
    this.#exchangeClock = new ExchangeClock(deps.producerClocks)
    this.#deepest = Math.max(...options.imbalanceDepths)
    this.#windows = new WindowTracker(options)
    this.#continuity = new Continuity(options.staleAfterMs)
  }

  /** Whether its newest record is no backlog and still verifies it. */
  isCurrent(now: Instant): boolean {
    return this.#status.isCurrent(now)
  }

  /** The exchange's clock as measured by the producer of this book. */
  get exchangeClock(): Pick<ExchangeClock, 'exchangeToReceiveMs'> {
    return this.#exchangeClock
  }

  /**
   * Applies one record of this instrument. True if the published values, or the reason for having
   * none, changed; they are readable from `now` on.
   */
  apply(input: BookRecord, now: Instant): boolean {
    const { record, frame, checkpoint } = input
    // Clamp to the present: a timestamp in the future, from a wrong clock, would outrank all later
    // ones.
    const timestampMs = Math.min(record.timestampMs, record.arrivedTimeMs)
    if (!this.#arbiter.admits(frame, checkpoint, timestampMs)) {
      this.#deps.counters.rejected('second_producer')
      return false
    }
    const last = this.#book?.last ?? null
    const whereabouts = this.home.locate(record.partition, timestampMs, frame, last)
    if (whereabouts === 'older') {
      this.#deps.counters.rejected('duplicate')
      return false
    }
    const book =
      whereabouts === 'replaces'
        ? new ChannelBook(frame.channel)
        : this.#channelBook(frame, timestampMs)
    if (book === null) return false
    const result = book.apply(frame, checkpoint !== null)
    this.#count(result, input)
    if (book !== this.#book && !this.#adopt(book, result)) return false
    if (checkpoint !== null) this.#exchangeClock.goBy(checkpoint.producerId, now.wallMs)
    const hasMoved = this.home.follow(record, timestampMs, now)
    if (whereabouts === 'moves' && hasMoved) this.#deps.counters.sequenceBroken('channel_change')
    const isChanged = changesBook(result)
    if (isChanged) {
      this.#publish(input, now)
      this.#numbers = null
      this.#bands = null
    }
    const verifiedBeforeMs = this.#status.verifiedTimeMs
    const problem = this.#status.apply({ result, book, record, checkpoint }, now)
    const verifiedTimeMs = this.#status.verifiedTimeMs ?? timestampMs
    const hasLapsed = this.#status.consumeLapse()
    const watched: WatchedRecord = {
      result,
      book,
      frame,
      isCheckpoint: checkpoint !== null,
      interruption: this.#continuity.check({
        result,
        book,
        hasLapsed,
        hasMoved,
        verifiedBeforeMs,
        verifiedTimeMs,
      }),
      unsound: this.#status.unsound,
      isHalted: this.#status.isHalted(now),
      verifiedTimeMs,
    }
    this.#windows.apply(watched)
    this.#activeSignals()?.apply(watched)
    if (problem !== null && isChanged) this.#deps.counters.rejected(problem)
    return isChanged
  }

  state(now: Instant): StateView {
    return this.#status.at(now)
  }

  view(now: Instant): InstrumentView {
    return {
      ...this.#status.at(now),
      instrument: this.instrument,
      lastUpdateMs: this.#book?.last?.exchangeTimeMs ?? null,
      verifiedTimeMs: this.#status.verifiedTimeMs,
      updatesTotal: this.#updatesTotal,
    }
  }

  /** Whether the exchange reported, a minute ago, that this instrument is gone for good. */
  isOver(now: Instant): boolean {
    return this.#status.isOver(now)
  }

  /** Numbers of a live book; null in every other state. */
  liveNumbers(now: Instant): BookNumbers | null {
    return this.#status.at(now).state === 'live' ? this.#lastNumbers() : null
  }

  /** Bands and windows, whatever the state. */
  detail(now: Instant): DetailNumbers {
    return {
      bands: this.#lastBands(),
      windows: this.#windows.read(this.#eventTimeAt(now), this.#trades),
    }
  }

  /** Bytes of the arrays of the windows. */
  get windowBytes(): number {
    return this.#windows.bytes
  }

  /** A trade that took place on the book; each once. */
  acceptTrade(trade: Trade): void {
    this.#activeSignals()?.acceptTrade(trade)
  }

  /** Signals, of which only the counts exist in other states than `live`; null while they are off. */
  signals(now: Instant): SignalReading | null {
    const signals = this.#activeSignals()
    if (signals === null) return null
    const isLive = this.#status.at(now).state === 'live'
    const { exchangeTimeMs } = this.#eventTimeAt(now)
    return { counts: signals.counts, numbers: isLive ? signals.read(exchangeTimeMs) : null }
  }

  /** The same with the calibration of each horizon and depth. */
  signalsView(now: Instant): SignalsView | null {
    const { signals: deps } = this.#deps
    const reading = this.signals(now)
    if (deps === null || reading === null || this.#signals === null) return null
    const { axes } = deps
    const { exchangeTimeMs } = this.#eventTimeAt(now)
    const calibrations =
      reading.numbers === null ? null : this.#signals.calibrations(exchangeTimeMs, axes)
    return { ...this.view(now), ...reading, axes, calibrations }
  }

  /** Bytes of the arrays of the signals. */
  get signalBytes(): number {
    return this.#signals?.bytes ?? 0
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
      windows: this.#windows.read(this.#eventTimeAt(now), this.#trades),
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
    return {
      ...this.view(now),
      ...numbers,
      amountUnit: this.#deps.amountUnitOf(this.instrument),
      changeId: last.changeId,
      exchangeTimeMs: last.exchangeTimeMs,
      receivedTimeMs: timestampMs,
      publishedTimeMs,
      ageMs: this.#exchangeClock.ageMs(last.exchangeTimeMs, now),
      bands: this.#lastBands(),
      lastTrade: this.#trades?.lastTrade ?? null,
      bidLevels: levels.bidCount,
      askLevels: levels.askCount,
      lagMs: this.#exchangeClock.lagMs(this.#published, now),
      source: { topic, partition, offset },
    }
  }

  /**
   * Returns the book of the record's channel. Another channel than the current one (a producer with
   * other settings) is ignored while the current one has records, so that two never alternate;
   * after that its first snapshot takes over.
   */
  #channelBook(frame: BookFrame, timestampMs: number): ChannelBook | null {
    const current = this.#book
    if (current?.channel === frame.channel) return current
    if (current !== null) {
      const isCurrentSilent = timestampMs - this.home.lastTimestampMs > this.#options.staleAfterMs
      if (!isCurrentSilent || frame.kind === 'change') {
        this.#deps.counters.rejected('second_producer')
        return null
      }
    }
    return new ChannelBook(frame.channel)
  }

  /** Switches to the book of another channel, unless its first frame was not accepted. */
  #adopt(book: ChannelBook, result: ApplyResult): boolean {
    if (this.#book !== null) {
      if (!changesBook(result)) return false
      this.#deps.counters.sequenceBroken('channel_change')
    }
    this.#book = book
    return true
  }

  #publish({ record, frame, checkpoint }: BookRecord, now: Instant): void {
    this.#published ??= new Publication()
    const { exchangeTimeMs } = frame
    this.#published.set(record, { isCheckpoint: checkpoint !== null, exchangeTimeMs }, now)
  }

  #count(result: ApplyResult, { record, checkpoint }: BookRecord): void {
    countResult(this.#deps.counters, result)
    const isUpdate = result === 'accepted' || result === 'new_sequence'
    if (isUpdate && !record.isReplayed && checkpoint === null) this.#updatesTotal += 1
  }

  get #trades(): TradeFlow | undefined {
    return this.#deps.tradesOf(this.instrument)
  }

  /** Creates the signals when they are switched on, and drops them when they are switched off. */
  #activeSignals(): SignalTracker | null {
    const { signals } = this.#deps
    if (signals === null || !signals.isOn()) this.#signals = null
    else this.#signals ??= new SignalTracker(signals)
    return this.#signals
  }

  #lastBands(): readonly BandNumbers[] {
    const levels = this.#book?.levels ?? null
    if (levels === null) return []
    this.#bands ??= this.#options.bandsBps.map((bps) => depthWithin(levels, bps))
    return this.#bands
  }

  /**
   * Time at which windows are read: the newest verification, by the exchange's clock. While the
   * offset is unknown the last snapshot is used instead, as if it had arrived without delay.
   */
  #eventTimeAt(now: Instant): EventTime {
    const verifiedTimeMs = Math.min(now.wallMs, this.#status.verifiedTimeMs ?? now.wallMs)
    const { exchangeTimeMs = 0, timestampMs = 0 } = this.#published ?? {}
    const offsetMs = this.#exchangeClock.offsetMs(now.wallMs) ?? exchangeTimeMs - timestampMs
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
