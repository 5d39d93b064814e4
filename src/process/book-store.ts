import type { TradesFrame } from '../model/frames.ts'
import type {
  InstrumentView,
  NumberAxes,
  SnapshotReader,
  SnapshotView,
  SummaryView,
} from '../model/snapshot.ts'
import { BOOK_STATES, type BookState } from '../model/status.ts'
import type { TopicRecord } from '../model/topic.ts'
import { type Clock, type Instant, instantOf } from '../time/clock.ts'
import { ProducerClocks } from './exchange-clock.ts'
import { InstrumentBook, type InstrumentBookDeps } from './instrument-book.ts'
import type { BookReading, ReadableBooks } from './market-collector.ts'
import type { BookCounters } from './metrics.ts'
import { PartitionReadings } from './partition-readings.ts'
import { TradeFlows } from './trades.ts'

/** An instrument nobody named that sent nothing for this long is forgotten. */
const FORGET_AFTER_MS = 600_000
/** At the cap, books to be forgotten are looked for so often. */
const MAKE_ROOM_EVERY_MS = 1000

export interface BookStoreOptions extends NumberAxes {
  /** Instruments that are shown even before their first record. */
  namedInstruments: readonly string[]
  staleAfterMs: number
  /** Older records move state but publish nothing as current. */
  maxRecordAgeMs: number
  maxInstruments: number
  /** A producer whose checkpoints told nothing for so long is gone. */
  producerSilentAfterMs: number
}

export interface BookStoreDeps {
  clock: Clock
  counters: BookCounters
  /** Partition of a name by its hash; undefined while the topic is not known. */
  partitionOf(instrument: string): number | undefined
  /** Whether records come in partitions of the topic that are not owned here. */
  isWrittenElsewhere(): boolean
  /** Unit of the amounts of a name; null where this process is not told. */
  amountUnitOf(instrument: string): string | null
}

/** All books of the partitions that this process owns, and the only way to read them. */
export class BookStore implements SnapshotReader, ReadableBooks {
  readonly producerClocks: ProducerClocks
  readonly #options: BookStoreOptions
  readonly #deps: BookStoreDeps
  readonly #books = new Map<string, InstrumentBook>()
  readonly #trades: TradeFlows
  readonly #bookDeps: Omit<InstrumentBookDeps, 'isBehind'>
  readonly #partitions: PartitionReadings
  readonly #overLimit = new Set<string>()
  readonly #named: ReadonlySet<string>
  #madeRoomMonotonicMs = Number.NEGATIVE_INFINITY

  constructor(options: BookStoreOptions, deps: BookStoreDeps) {
    this.#options = options
    this.#deps = deps
    this.#named = new Set(options.namedInstruments)
    this.#partitions = new PartitionReadings(options)
    this.producerClocks = new ProducerClocks(options.producerSilentAfterMs)
    this.#trades = new TradeFlows(options, {
      hasBook: (instrument) => this.#books.has(instrument),
      onGap: () => deps.counters.sequenceBroken('trade_gap'),
    })
    const { producerClocks } = this
    this.#bookDeps = { ...deps, producerClocks, tradesOf: (name) => this.#trades.of(name) }
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

  /** Names that the cap kept out since start. */
  get overLimitCount(): number {
    return this.#overLimit.size
  }

  get ownedPartitions(): ReadonlySet<number> {
    return this.#partitions.owned
  }

  /**
   * Whether no instrument is in the partitions that are owned here, while records come in those of other
   * members.
   */
  get isEverythingElsewhere(): boolean {
    this.#forgetUnseen()
    return this.#books.size === 0 && this.#partitions.isShared && this.#deps.isWrittenElsewhere()
  }

  /** Both clocks, read together. */
  now(): Instant {
    return instantOf(this.#deps.clock)
  }

  /** The topic has so many partitions: the hash of a name may put it elsewhere from now on. */
  setPartitionCount(count: number): void {
    if (!this.#partitions.setCount(count, this.now().monotonicMs)) return
    // Trades of an instrument may go on in a partition of another member.
    this.#trades.restart()
    this.#placeNamed()
  }

  gain(partitions: Iterable<number>): void {
    for (const partition of partitions) this.#partitions.gain(partition)
    this.#placeNamed()
  }

  /** A name that no record came of is with the owner of the partition that its hash gives. */
  #placeNamed(): void {
    for (const name of this.#named) {
      const partition = this.#deps.partitionOf(name)
      const isOurs = partition !== undefined && this.ownedPartitions.has(partition)
      const known = this.#books.get(name)
      if (known === undefined && isOurs) this.bookOf(name, partition)
      else if (known?.home.isSeen !== false) continue
      else if (isOurs) known.home.place(partition)
      else this.#forget(known)
    }
  }

  /** Drops the books of partitions that went to another member: their series end at once. */
  lose(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      this.#partitions.lose(partition)
      for (const book of this.#books.values()) {
        if (book.home.partition === partition) this.#books.delete(book.instrument)
      }
    }
  }

  /** To be told of each record of the books after it was applied: where the reading of its partition is. */
  trackProgress(record: TopicRecord): void {
    if (this.#partitions.follow(record)) this.catchUp(record.partition)
  }

  /** The reading of a partition has reached its end. */
  catchUp(partition: number): void {
    if (!this.#partitions.catchUp(partition)) return
    const now = this.now()
    // They may be live since now, not since somebody asks.
    for (const book of this.#books.values()) if (book.home.partition === partition) book.state(now)
  }

  /** Drops the trades of partitions that went to another member. */
  loseTrades(partitions: Iterable<number>): void {
    this.#trades.lose(partitions)
  }

  /** @param receivedTimeMs receipt of the frame by the producer, epoch ms */
  applyTrades(frame: TradesFrame, partition: number, receivedTimeMs: number): void {
    this.#trades.apply(frame, partition, receivedTimeMs)
  }

  /** The book of an instrument, made when first asked for; null when the cap is reached. */
  bookOf(instrument: string, partition: number): InstrumentBook | null {
    const known = this.#books.get(instrument)
    if (known !== undefined) return known
    if (this.#books.size >= this.#options.maxInstruments) this.#makeRoom()
    if (this.#books.size >= this.#options.maxInstruments) {
      // The set of names left out is bounded too: garbage could name any number of them.
      if (this.#overLimit.size < this.#options.maxInstruments) this.#overLimit.add(instrument)
      return null
    }
    const book: InstrumentBook = new InstrumentBook(
      { ...this.#options, instrument, partition },
      { ...this.#bookDeps, isBehind: () => this.#partitions.isBehind(book.home.partition) },
      this.now(),
    )
    this.#books.set(instrument, book)
    return book
  }

  get size(): number {
    return this.#books.size
  }

  /** Over a copy of the names, as books may come and go meanwhile. */
  *readings({ isFull } = { isFull: false }): Iterable<BookReading> {
    this.#forgetUnseen()
    for (const instrument of [...this.#books.keys()]) {
      const book = this.#books.get(instrument)
      if (book === undefined) continue
      const now = this.now()
      const numbers = book.liveNumbers(now)
      const detail = isFull && numbers !== null ? book.detail(now) : null
      yield { view: book.view(now), numbers, detail }
    }
  }

  instruments(): readonly InstrumentView[] {
    this.#forgetUnseen()
    const now = this.now()
    return [...this.#books.values()]
      .map((book) => book.view(now))
      .sort((a, b) => (a.instrument < b.instrument ? -1 : 1))
  }

  instrument(name: string): InstrumentView | undefined {
    return this.#current(name)?.view(this.now())
  }

  snapshot(name: string, depth: number): SnapshotView | null | undefined {
    return this.#current(name)?.snapshot(depth, this.now())
  }

  summary(name: string): SummaryView | null | undefined {
    return this.#current(name)?.summary(this.now())
  }

  /** Bytes of the arrays of all windows, for those who measure. */
  get windowBytes(): number {
    const ofBooks = [...this.#books.values()].reduce((sum, book) => sum + book.windowBytes, 0)
    return ofBooks + this.#trades.bytes
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

  /** The book of a name, unless it is one to be forgotten. */
  #current(name: string): InstrumentBook | undefined {
    const book = this.#books.get(name)
    if (book !== undefined && this.#isToForget(book, this.now())) {
      this.#forget(book)
      return undefined
    }
    return book
  }

  #forgetUnseen(): void {
    const now = this.now()
    for (const book of this.#books.values()) {
      if (this.#isToForget(book, now)) this.#forget(book)
    }
  }

  #forget({ instrument }: InstrumentBook): void {
    this.#books.delete(instrument)
    this.#trades.forget(instrument)
  }

  /** Instruments that are gone for good go at once, named ones too; silent ones after a while. */
  #isToForget(book: InstrumentBook, now: Instant): boolean {
    const isUnseen =
      book.home.unseenForMs(now) > FORGET_AFTER_MS && !this.#named.has(book.instrument)
    return isUnseen || book.isOver(now) || this.#isElsewhere(book, now)
  }

  /**
   * Whether another member has the instrument, as far as can be told: its records ended here when
   * partitions were added, or are those of before that a warm start found; or none ever came of a name,
   * while other partitions get some.
   */
  #isElsewhere(book: InstrumentBook, now: Instant): boolean {
    if (!this.#partitions.isShared) return false
    const { home, instrument } = book
    if (!home.isSeen) {
      const isOverdue = home.unseenForMs(now) > 2 * this.#options.staleAfterMs
      return isOverdue && this.#deps.isWrittenElsewhere()
    }
    if (book.isCurrent(now) || !this.#partitions.isLeft(home)) return false
    return this.#deps.partitionOf(instrument) !== home.partition
  }

  /** Not at every record: a flood of unknown names would walk over all books each time. */
  #makeRoom(): void {
    const { monotonicMs } = this.now()
    if (monotonicMs - this.#madeRoomMonotonicMs < MAKE_ROOM_EVERY_MS) return
    this.#madeRoomMonotonicMs = monotonicMs
    this.#forgetUnseen()
  }
}
