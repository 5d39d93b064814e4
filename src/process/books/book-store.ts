import type {
  InstrumentView,
  NumberAxes,
  SignalsView,
  SnapshotReader,
  SnapshotView,
  SummaryView,
} from '../../model/snapshot.ts'
import type { SignalAxes } from '../../model/signals.ts'
import { BOOK_STATES, type BookState, type NamedState } from '../../model/status.ts'
import type { TopicRecord } from '../../model/topic.ts'
import { type Clock, type Instant, instantOf } from '../../time/clock.ts'
import { ProducerClocks } from '../exchange-clock.ts'
import { type BookObserver, stateCallback } from './book-observer.ts'
import { InstrumentBook, type InstrumentBookDeps } from './instrument-book.ts'
import type { BookReading, ReadableBooks } from '../market-collector.ts'
import type { BookCounters } from '../metrics.ts'
import { PartitionReadings } from '../partition-readings.ts'
import type { SignalDeps } from './signals.ts'
import { TradeFlows } from './trades.ts'

/** An instrument that nobody wants is removed after this long without a record. */
const FORGET_AFTER_MS = 600_000
/** The same after its producer stopped: a restarted producer writes it again within this time. */
const FORGET_STOPPED_AFTER_MS = 60_000
/** Minimum interval between searches for removable books at the limit. */
const EVICT_INTERVAL_MS = 1000

export interface BookStoreOptions extends NumberAxes {
  /** Instrument names of INSTRUMENTS, shown even before their first record. */
  namedInstruments: readonly string[]
  staleAfterMs: number
  /** Older records update state but publish no current values. */
  maxRecordAgeMs: number
  maxInstruments: number
  /** Default: no signals. */
  signals?: SignalOptions
  /** A producer without checkpoints for this long is considered gone. */
  producerSilentAfterMs: number
}

export interface SignalOptions {
  /** `auto`: signals are measured while there are at most 20 books. */
  readonly mode: 'auto' | 'on'
  readonly axes: SignalAxes
}

/** Up to this many books `auto` measures signals. */
const MAX_SIGNAL_BOOKS = 20

export interface BookStoreDeps {
  clock: Clock
  counters: BookCounters
  /** Partition of a name by its hash; undefined while the partition count is unknown. */
  partitionOf(instrument: string): number | undefined
  /**
   * Whether every assigned partition was read to its end since it was assigned; true for an empty
   * one.
   */
  isReadToEnd(): boolean
  /** Whether records were recently written to partitions that other members own. */
  isWrittenInOtherPartitions(): boolean
  /** Amount unit of an instrument; null where unknown to this process. */
  amountUnitOf(instrument: string): string | null
  /** Whether the producer of this process subscribes to the instrument. */
  isWanted(instrument: string): boolean
  /** Is notified of states and removals. Default: none. */
  observer?: BookObserver
}

/** Holds all books of the assigned partitions. The only way to read them. */
export class BookStore implements SnapshotReader, ReadableBooks {
  readonly producerClocks: ProducerClocks
  readonly trades: TradeFlows
  readonly #options: BookStoreOptions
  readonly #deps: BookStoreDeps
  readonly #books = new Map<string, InstrumentBook>()
  readonly #bookDeps: Omit<InstrumentBookDeps, 'isBehind'>
  readonly #signals: SignalDeps | null
  readonly #partitions: PartitionReadings
  readonly #overLimit = new Set<string>()
  readonly #named: ReadonlySet<string>
  #evictedMonotonicMs = Number.NEGATIVE_INFINITY
  /** When the newest book record arrived that was no backlog; monotonic ms. */
  #writtenMonotonicMs = Number.NEGATIVE_INFINITY

  constructor(options: BookStoreOptions, deps: BookStoreDeps) {
    this.#options = options
    this.#deps = deps
    this.#named = new Set(options.namedInstruments)
    this.#partitions = new PartitionReadings(options)
    this.producerClocks = new ProducerClocks(options.producerSilentAfterMs)
    this.trades = new TradeFlows(options, {
      hasBook: (instrument) => this.#books.has(instrument),
      onGap: () => deps.counters.sequenceBroken('trade_gap'),
      onTrade: (trade) => this.#books.get(trade.instrument)?.signals?.acceptTrade(trade),
    })
    this.#signals = this.#signalDeps()
    const { producerClocks } = this
    this.#bookDeps = {
      ...deps,
      producerClocks,
      tradesOf: (name) => this.trades.of(name),
      signals: this.#signals,
    }
  }

  get imbalanceDepths(): readonly number[] {
    return this.#options.imbalanceDepths
  }

  get bandsBps(): readonly number[] {
    return this.#options.bandsBps
  }

  get windowsMs(): readonly number[] {
    return this.#options.windowsMs
  }

  /**
   * Number of different names excluded by the limit since start; counts at most `maxInstruments`.
   */
  get overLimitCount(): number {
    return this.#overLimit.size
  }

  get ownedPartitions(): ReadonlySet<number> {
    return this.#partitions.owned
  }

  /**
   * Whether the assigned partitions hold no instrument and other members own some: the assigned
   * ones are read to their end, or records are written to those of others.
   */
  get hasNoInstruments(): boolean {
    this.#forgetUnseen()
    if (this.#books.size > 0 || !this.#partitions.isShared) return false
    return this.#deps.isReadToEnd() || this.#deps.isWrittenInOtherPartitions()
  }

  /** Reads both clocks together. */
  now(): Instant {
    return instantOf(this.#deps.clock)
  }

  /** Sets the partition count: the hash of a name may map to another partition from now on. */
  setPartitionCount(count: number): void {
    if (!this.#partitions.setCount(count, this.now().monotonicMs)) return
    // Trades of an instrument may continue in a partition of another member.
    this.trades.restart()
    this.#placeNamed()
  }

  gain(partitions: Iterable<number>): void {
    for (const partition of partitions) this.#partitions.gain(partition)
    this.#placeNamed()
  }

  /** Assigns configured names without records to the owner of their hash partition. */
  #placeNamed(): void {
    for (const name of this.#named) {
      const partition = this.#deps.partitionOf(name)
      const isOwned = partition !== undefined && this.ownedPartitions.has(partition)
      const known = this.#books.get(name)
      if (known === undefined && isOwned) this.bookOf(name, partition)
      else if (known?.home.isSeen !== false) continue
      else if (isOwned) known.home.place(partition)
      else this.#forget(known)
    }
  }

  /** Removes the books of partitions that moved to another member; their series end at once. */
  lose(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      this.#partitions.lose(partition)
      for (const book of this.#books.values()) {
        if (book.home.partition !== partition) continue
        this.#books.delete(book.instrument)
        this.#deps.observer?.forget(book.instrument)
      }
    }
  }

  /** Notes the read position after a record of the book topic was applied. */
  trackProgress(record: TopicRecord): void {
    if (record.arrivedTimeMs - record.timestampMs <= this.#options.maxRecordAgeMs) {
      this.#writtenMonotonicMs = record.arrivedMonotonicMs
    }
    if (this.#partitions.follow(record)) this.catchUp(record.partition)
  }

  /** Notes that a partition was read to its end. */
  catchUp(partition: number): void {
    if (!this.#partitions.catchUp(partition)) return
    const now = this.now()
    // Evaluate now: books become live at this point, not at the next reading.
    for (const book of this.#books.values()) if (book.home.partition === partition) book.state(now)
  }

  /** Notes that a snapshot of an instrument was skipped because a newer one follows. */
  noteConflated(instrument: string): void {
    this.#books.get(instrument)?.noteConflated()
  }

  /** Returns the book of an instrument and creates it if missing; null at the limit. */
  bookOf(instrument: string, partition: number): InstrumentBook | null {
    const known = this.#books.get(instrument)
    if (known !== undefined) return known
    if (this.#books.size >= this.#options.maxInstruments) this.#evictUnused()
    if (this.#books.size >= this.#options.maxInstruments) {
      // The set of excluded names is bounded too: invalid records could name any number of them.
      if (this.#overLimit.size < this.#options.maxInstruments) this.#overLimit.add(instrument)
      return null
    }
    const isBehind = () => this.#partitions.isBehind(book.home.partition)
    const book: InstrumentBook = new InstrumentBook(
      { ...this.#options, instrument, partition },
      {
        ...this.#bookDeps,
        isBehind,
        ...stateCallback(this.#deps.observer, instrument, isBehind),
      },
      this.now(),
    )
    this.#books.set(instrument, book)
    return book
  }

  get size(): number {
    return this.#books.size
  }

  /** States of the books whose partition is read to its end. */
  *states(): Iterable<NamedState> {
    const now = this.now()
    for (const book of [...this.#books.values()]) {
      if (this.#partitions.isBehind(book.home.partition)) continue
      yield { ...book.state(now), instrument: book.instrument }
    }
  }

  /** Readings of all books, from a copy of the names: books may be added or removed between two. */
  *readings({ isFull } = { isFull: false }): Iterable<BookReading> {
    this.#forgetUnseen()
    for (const instrument of [...this.#books.keys()]) {
      const book = this.#books.get(instrument)
      if (book === undefined) continue
      const now = this.now()
      const numbers = book.view.liveNumbers(now)
      const detail = isFull && numbers !== null ? book.view.detail(now) : null
      const { partition } = book.home
      const signals = book.view.signals(now)
      yield { view: book.view.instrument(now), partition, numbers, detail, signals }
    }
  }

  instruments(): readonly InstrumentView[] {
    this.#forgetUnseen()
    const now = this.now()
    return [...this.#books.values()]
      .map((book) => book.view.instrument(now))
      .sort((a, b) => (a.instrument < b.instrument ? -1 : 1))
  }

  signals(name: string): SignalsView | null | undefined {
    return this.#current(name)?.view.signalsView(this.now())
  }

  get signalAxes(): SignalAxes | null {
    return this.#signals?.axes ?? null
  }

  instrument(name: string): InstrumentView | undefined {
    return this.#current(name)?.view.instrument(this.now())
  }

  snapshot(name: string, depth: number): SnapshotView | null | undefined {
    return this.#current(name)?.view.snapshot(depth, this.now())
  }

  summary(name: string): SummaryView | null | undefined {
    return this.#current(name)?.view.summary(this.now())
  }

  /** Bytes of the arrays of all windows, for measurements. */
  get windowBytes(): number {
    const ofBooks = [...this.#books.values()].reduce((sum, book) => sum + book.view.windowBytes, 0)
    return ofBooks + this.trades.bytes
  }

  /** Bytes of the arrays of all signals, for measurements. */
  get signalBytes(): number {
    return [...this.#books.values()].reduce((sum, book) => sum + (book.signals?.bytes ?? 0), 0)
  }

  foreignPartition(name: string): number | undefined {
    const partition = this.#deps.partitionOf(name)
    return partition === undefined || this.ownedPartitions.has(partition) ? undefined : partition
  }

  countByState(): Record<BookState, number> {
    const counts = Object.fromEntries(BOOK_STATES.map((state) => [state, 0])) as Record<
      BookState,
      number
    >
    this.#forgetUnseen()
    const now = this.now()
    for (const book of this.#books.values()) counts[book.state(now).state] += 1
    return counts
  }

  #signalDeps(): SignalDeps | null {
    const { signals } = this.#options
    if (signals === undefined) return null
    const { mode, axes } = signals
    return {
      axes,
      isOn: () => mode === 'on' || this.#books.size <= MAX_SIGNAL_BOOKS,
      onDiscard: (reason, count) => this.#deps.counters.signalDiscarded(reason, count),
    }
  }

  /** Returns the book of a name unless it is due for removal. */
  #current(name: string): InstrumentBook | undefined {
    const book = this.#books.get(name)
    if (book !== undefined && this.#isRemovalDue(book, this.now())) {
      this.#forget(book)
      return undefined
    }
    return book
  }

  #forgetUnseen(): void {
    const now = this.now()
    for (const book of this.#books.values()) {
      if (this.#isRemovalDue(book, now)) this.#forget(book)
    }
  }

  #forget({ instrument }: InstrumentBook): void {
    this.#books.delete(instrument)
    this.trades.forget(instrument)
    this.#deps.observer?.forget(instrument)
  }

  /**
   * Whether a book is due for removal: its instrument will not trade again (a minute after the
   * exchange reported that, even if it is configured), nobody wants it, or another member has it.
   */
  #isRemovalDue(book: InstrumentBook, now: Instant): boolean {
    return this.#isUnwanted(book, now) || book.isOver(now) || this.#isInOtherPartition(book, now)
  }

  /**
   * Whether nobody wants the book: neither the configuration nor the producer of this process names
   * it, and it got no record for long although other books did (INSTRUMENTS of a producer may have
   * changed). If no book gets records, the producers have failed, and the book is kept as stale.
   * After its producer stopped, records in the partitions of other members suffice.
   */
  #isUnwanted(book: InstrumentBook, now: Instant): boolean {
    const { home, instrument, isProducerStopped } = book
    const afterMs = isProducerStopped ? FORGET_STOPPED_AFTER_MS : FORGET_AFTER_MS
    if (home.unseenForMs(now) <= afterMs) return false
    if (this.#named.has(instrument) || this.#deps.isWanted(instrument)) return false
    if (now.monotonicMs - this.#writtenMonotonicMs <= this.#options.staleAfterMs) return true
    return isProducerStopped && this.#partitions.isShared && this.#deps.isWrittenInOtherPartitions()
  }

  /**
   * Whether another member has the instrument, as far as known. True if its records ended here when
   * partitions were added, if a warm start found only records from before that, or if a configured
   * name never got a record while other partitions get some.
   */
  #isInOtherPartition(book: InstrumentBook, now: Instant): boolean {
    if (!this.#partitions.isShared) return false
    const { home, instrument } = book
    if (!home.isSeen) {
      const isOverdue = home.unseenForMs(now) > 2 * this.#options.staleAfterMs
      return isOverdue && this.#deps.isWrittenInOtherPartitions()
    }
    if (book.isCurrent(now) || !this.#partitions.isLeft(home)) return false
    return this.#deps.partitionOf(instrument) !== home.partition
  }

  /**
   * Removes due books. Rate-limited: a flood of unknown names would otherwise scan all books for
   * each record.
   */
  #evictUnused(): void {
    const { monotonicMs } = this.now()
    if (monotonicMs - this.#evictedMonotonicMs < EVICT_INTERVAL_MS) return
    this.#evictedMonotonicMs = monotonicMs
    this.#forgetUnseen()
  }
}
