import { float } from '../wire/json.ts'
import type { Instrument, InstrumentState } from './instrument.ts'
import type { Random } from './random.ts'
import { type BookSide, ReferenceBook } from './reference-book.ts'

/** Observer that is notified of every change of a book synchronously. */
export interface MarketWatcher {
  /** The amount at a price changed; `before` is the previous amount, 0 for none. */
  onLevel?(side: BookSide, price: number, before: number): void
  /** The changes since the last commit were committed as `changeId`. */
  onCommit?(): void
  onTrade?(trade: Trade): void
}

/** Channel that sends the changes of a bucket when the bucket ends; nothing without changes. */
export interface Bucketed {
  flush(): void
}

export type Interval = 'raw' | '100ms' | 'agg2'

const KEPT_TRADES = 1_000

/** The reference book of one instrument, from which every channel is derived. */
export class Market {
  readonly instrument: Instrument
  readonly book = new ReferenceBook()
  readonly watchers = new Set<MarketWatcher>()
  readonly buckets: Readonly<Record<Interval, Set<Bucketed>>> = {
    raw: new Set(),
    '100ms': new Set(),
    agg2: new Set(),
  }
  /** Recent trades, newest last. */
  readonly trades: Trade[] = []
  state: InstrumentState = 'open'
  /** Whether its orders are matched on Coinbase: its trades are not published then. */
  isRouted = false
  /** False until a new listing opens; it cannot be subscribed until then. */
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

  /** Whether there are changes since the last commit. */
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

  /**
   * Commits the changes since the last commit with a new id and time; does nothing without
   * changes.
   */
  commit(timestampMs: number): void {
    if (!this.#isChanged) return
    this.adopt(this.#ids.next(), timestampMs)
  }

  /** Like `commit`, with the id and time of a recording. */
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

/** Approximate values of the counters of the exchange in 2026. */
const FIRST_ID = 118_850_000_000
const MAX_STEP = 1_500

/**
 * Counter that many instruments share, as on the exchange: ids rise, but are never consecutive for
 * one instrument.
 */
export class ChangeIds {
  readonly #random: Random
  #last: number

  constructor(random: Random, first = FIRST_ID) {
    this.#random = random
    this.#last = first
  }

  next(): number {
    this.#last += this.#random.between(1, MAX_STEP)
    return this.#last
  }

  /** Resets to a lower id, as after a release or on another host. */
  restartAt(id: number): void {
    this.#last = id
  }

  get last(): number {
    return this.#last
  }
}

/** Beyond the precision of a double, as on the exchange. */
const MATCH_IDS_FROM = 225_046_000_000_000_000n
const NS_PER_MS = 1_000_000n
/** One in this many trades of an instrument comes from a block trade by request for quotes. */
const BLOCK_EVERY = 64

/** One trade of the simulated market. */
export interface Trade {
  readonly instrument: Instrument
  /** Sequential per instrument, without gaps. */
  readonly seq: number
  readonly timestampMs: number
  readonly price: number
  readonly amount: number
  /** Side of the taker. */
  readonly direction: 'buy' | 'sell'
  /** 0 plus, 1 zero-plus, 2 minus, 3 zero-minus against the trade before. */
  readonly tickDirection: 0 | 1 | 2 | 3
  readonly markPrice: number
  readonly indexPrice: number
}

/** Ids of currencies other than BTC have a prefix. */
function tradeId(trade: Trade): string {
  const { instrument, seq } = trade
  const currency = instrument.settlement ?? instrument.base
  const number = instrument.id * 1_000_000_000 + seq
  return currency === 'BTC' ? String(number) : `${currency}-${number}`
}

/** The trade object of `trades.*` and `public/get_last_trades_by_instrument`. */
export function describeTrade(trade: Trade): object {
  const { instrument } = trade
  return {
    timestamp: trade.timestampMs,
    price: float(trade.price),
    amount: float(trade.amount),
    direction: trade.direction,
    index_price: float(trade.indexPrice),
    instrument_name: instrument.name,
    trade_seq: trade.seq,
    mark_price: float(trade.markPrice),
    tick_direction: trade.tickDirection,
    trade_id: tradeId(trade),
    contracts:
      instrument.kind === 'spot' ? undefined : float(trade.amount / instrument.contractSize),
    iv: instrument.kind === 'option' ? float(52.17) : undefined,
    starbase_match_id: MATCH_IDS_FROM + BigInt(trade.seq),
    starbase_timestamp: BigInt(trade.timestampMs) * NS_PER_MS + BigInt(trade.seq % 1_000_000),
    ...(trade.seq % BLOCK_EVERY === 0 ? blockFields(trade) : {}),
  }
}

function blockFields({ seq }: Trade): object {
  return { block_trade_id: `BLOCK-${seq}`, block_trade_leg_count: 1, block_rfq_id: seq }
}

/** Holds every market of the simulated exchange and the id counters that they share. */
export class Exchange {
  readonly markets = new Map<string, Market>()
  readonly #random: Random
  readonly #ids = new Map<string, ChangeIds>()

  constructor(random: Random) {
    this.#random = random
  }

  add(instrument: Instrument): Market {
    const market = new Market(instrument, this.#idsOf(instrument))
    this.markets.set(instrument.name, market)
    return market
  }

  /** Price indices that the instruments refer to. */
  indices(): string[] {
    return [...new Set([...this.markets.values()].map(({ instrument }) => instrument.priceIndex))]
  }

  /** Resets every counter to a value below its start. */
  restartIds(id: number): void {
    for (const ids of this.#ids.values()) ids.restartAt(id)
  }

  /** All linear books share one counter, each inverse currency has its own. */
  #idsOf(instrument: Instrument): ChangeIds {
    const pool = instrument.isLinear ? 'USDC' : instrument.base
    const ids = this.#ids.get(pool) ?? new ChangeIds(this.#random)
    this.#ids.set(pool, ids)
    return ids
  }
}
