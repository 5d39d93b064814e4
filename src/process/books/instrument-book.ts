import { type ApplyResult, changesBook, ChannelBook } from '../../book/channel-book.ts'
import type { BookFrame } from '../../model/frames.ts'
import type { StateView } from '../../model/status.ts'
import type { Instant } from '../../time/clock.ts'
import { type BookRecord, ProducerArbiter } from '../checkpoint.ts'
import { ExchangeClock, type ProducerClocks, WindowClock } from '../exchange-clock.ts'
import { Publication } from '../lag.ts'
import { type BookCounters, countResult } from '../metrics.ts'
import { BookStatus, type BookStatusDeps } from './book-status.ts'
import { BookView, type BookViewDeps, type BookViewOptions } from './book-view.ts'
import { Continuity } from './continuity.ts'
import { HomePartition } from './home-partition.ts'
import { BookSignals, type SignalDeps } from './signals.ts'
import { WindowTracker } from './windows.ts'

export interface InstrumentBookOptions extends BookViewOptions {
  partition: number
  staleAfterMs: number
  maxRecordAgeMs: number
  /** A producer without checkpoints for this long is considered gone. */
  producerSilentAfterMs: number
}

export interface InstrumentBookDeps
  extends BookStatusDeps, Pick<BookViewDeps, 'amountUnitOf' | 'tradesOf'> {
  counters: BookCounters
  producerClocks: ProducerClocks
  /** null if signals are never measured. */
  signals: SignalDeps | null
}

/** Maintains the book of one instrument from its records; its values are read through `view`. */
export class InstrumentBook {
  readonly instrument: string
  readonly home: HomePartition
  readonly view: BookView
  /** null if signals are never measured. */
  readonly signals: BookSignals | null
  readonly #options: InstrumentBookOptions
  readonly #deps: InstrumentBookDeps
  readonly #status: BookStatus
  readonly #arbiter: ProducerArbiter
  readonly #exchangeClock: ExchangeClock
  readonly #windowClock: WindowClock
  readonly #windows: WindowTracker
  readonly #continuity: Continuity
  #book: ChannelBook | null = null
  #published: Publication | null = null
  /** Whether a superseded snapshot was skipped since the last record. */
  #hasConflated = false

  constructor(options: InstrumentBookOptions, deps: InstrumentBookDeps, now: Instant) {
    this.instrument = options.instrument
    this.home = new HomePartition(options, now)
    this.#options = options
    this.#deps = deps
    this.#status = new BookStatus(options, deps, now)
    this.#arbiter = new ProducerArbiter(options.staleAfterMs)
    this.#exchangeClock = new ExchangeClock(deps.producerClocks)
    this.#windowClock = new WindowClock(options.producerSilentAfterMs)
    this.#windows = new WindowTracker(options)
    this.#continuity = new Continuity(options.staleAfterMs)
    this.signals = deps.signals === null ? null : new BookSignals(deps.signals)
    this.view = new BookView(options, {
      status: this.#status,
      windows: this.#windows,
      signals: this.signals,
      exchangeClock: this.#exchangeClock,
      windowClock: this.#windowClock,
      amountUnitOf: deps.amountUnitOf,
      tradesOf: deps.tradesOf,
    })
  }

  /** Whether its newest record is no backlog and still verifies it. */
  isCurrent(now: Instant): boolean {
    return this.#status.isCurrent(now)
  }

  /** Whether its newest record is the last one that its producer writes of it. */
  get isProducerStopped(): boolean {
    return this.#status.isProducerStopped
  }

  /** The exchange's clock as measured by the producer of this book. */
  get exchangeClock(): Pick<ExchangeClock, 'exchangeToReceiveMs'> {
    return this.#exchangeClock
  }

  /** Timestamps and lag of the record that made the values; null before the first. */
  get published(): Publication | null {
    return this.#published
  }

  /**
   * Applies one record of this instrument. True if it changed the book; the new values, or the
   * reason for having none, are readable from `now` on.
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
    const placement = this.home.locate(record.partition, timestampMs, frame, last)
    if (placement === 'older') {
      this.#deps.counters.rejected('duplicate')
      return false
    }
    const book =
      placement === 'replaces'
        ? new ChannelBook(frame.channel)
        : this.#channelBook(frame, timestampMs)
    if (book === null) return false
    const result = book.apply(frame, checkpoint !== null)
    this.#count(result, input)
    if (book !== this.#book && !this.#adopt(book, result)) return false
    if (checkpoint !== null) {
      this.#exchangeClock.useProducer(checkpoint.producerId, now.wallMs)
      this.#windowClock.update(checkpoint, timestampMs)
    }
    const hasMoved = this.home.follow(record, timestampMs, now)
    if (placement === 'moves' && hasMoved) this.#deps.counters.sequenceBroken('channel_change')
    const isChanged = changesBook(result)
    if (isChanged) this.#publish(book, input, now)
    const verifiedBeforeMs = this.#status.verifiedTimeMs
    const problem = this.#status.apply(input, { result, book }, now)
    const verifiedTimeMs = this.#status.verifiedTimeMs ?? timestampMs
    const hasLapsed = this.#status.consumeLapse() || this.#hasConflated
    this.#hasConflated = false
    const transition = { result, book, hasLapsed, hasMoved, verifiedBeforeMs, verifiedTimeMs }
    const continuation = {
      result,
      book,
      interruption: this.#continuity.check(transition),
      unusableReason: this.#status.unusableReason,
      isHalted: this.#status.isHalted(now),
      verifiedTimeMs,
    }
    this.#windows.apply(input, continuation)
    this.signals?.apply(input, continuation)
    if (problem !== null && isChanged) this.#deps.counters.rejected(problem)
    return isChanged
  }

  /**
   * Notes that a superseded snapshot was skipped: windows and signals do not continue across it.
   */
  noteConflated(): void {
    this.#hasConflated = true
  }

  state(now: Instant): StateView {
    return this.#status.at(now)
  }

  /**
   * Whether the exchange reported more than a minute ago that the instrument will not trade again.
   */
  isOver(now: Instant): boolean {
    return this.#status.isOver(now)
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

  #publish(book: ChannelBook, input: BookRecord, now: Instant): void {
    this.#published ??= new Publication()
    this.#published.set(input, now)
    this.view.show(book, this.#published)
  }

  #count(result: ApplyResult, { record, checkpoint }: BookRecord): void {
    countResult(this.#deps.counters, result)
    const isUpdate = result === 'accepted' || result === 'new_sequence'
    if (isUpdate && !record.isReplayed && checkpoint === null) this.view.countUpdate()
  }
}
