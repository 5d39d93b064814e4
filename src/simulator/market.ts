import type { ChangeIds } from './change-ids.ts'
import type { Instrument, InstrumentState } from './instrument.ts'
import type { Trade } from './trade.ts'
import { ReferenceBook, type BookSide } from './truth-book.ts'

/** Told of every change of a book, at once. */
export interface MarketWatcher {
  /** The amount at a price changed; `before` is what it was, 0 for none. */
  onLevel?(side: BookSide, price: number, before: number): void
  /** All that was set since the last commit is the book of `changeId` now. */
  onCommit?(): void
  onTrade?(trade: Trade): void
}

/** Sends at the end of each bucket what changed in it, nothing where nothing did. */
export interface Bucketed {
  flush(): void
}

export type Interval = 'raw' | '100ms' | 'agg2'

const KEPT_TRADES = 1_000

/** The exchange's own book of one instrument: the truth that every channel is made from. */
export class Market {
  readonly instrument: Instrument
  readonly book = new ReferenceBook()
  readonly watchers = new Set<MarketWatcher>()
  readonly buckets: Readonly<Record<Interval, Set<Bucketed>>> = {
    raw: new Set(),
    '100ms': new Set(),
    agg2: new Set(),
  }
  /** Newest last. */
  readonly trades: Trade[] = []
  state: InstrumentState = 'open'
  /** Its orders are matched on Coinbase: its trades are not published. */
  isRouted = false
  /** False before a new listing opens: until then nobody can subscribe. */
  isOpened = true
  changeId = 0
  /** Exchange time of the last change, epoch ms. */
  timestampMs = 0
  #tradeSeq: number
  readonly #ids: ChangeIds
  #isChanged = false

  constructor(instrument: Instrument, ids: ChangeIds) {
    this.instrument = instrument
    this.#ids = ids
    this.#tradeSeq = 140_000_000 + instrument.id
  }

  /** Something was set since the last commit. */
  get isChanged(): boolean {
    return this.#isChanged
  }

  set(side: BookSide, price: number, amount: number): void {
    const before = this.book[side].set(price, amount)
    if (before === amount) return
    this.#isChanged = true
    for (const watcher of this.watchers) watcher.onLevel?.(side, price, before)
  }

  clear(side: BookSide): void {
    for (const { price } of [...this.book[side].levels]) this.set(side, price, 0)
  }

  /** Gives what was set since the last commit an id and a time; nothing where nothing was. */
  commit(timestampMs: number): void {
    if (!this.#isChanged) return
    this.adopt(this.#ids.next(), timestampMs)
  }

  /** As `commit`, with the id and time that a recording has. */
  adopt(changeId: number, timestampMs: number): void {
    this.#isChanged = false
    this.changeId = changeId
    this.timestampMs = timestampMs
    for (const watcher of this.watchers) watcher.onCommit?.()
    for (const stream of this.buckets.raw) stream.flush()
  }

  trade(fields: Omit<Trade, 'seq' | 'instrument'>): void {
    if (this.isRouted) return
    this.#tradeSeq += 1
    const trade = { ...fields, seq: this.#tradeSeq, instrument: this.instrument }
    this.trades.push(trade)
    if (this.trades.length >= 2 * KEPT_TRADES) this.trades.splice(0, KEPT_TRADES)
    for (const watcher of this.watchers) watcher.onTrade?.(trade)
  }
}
