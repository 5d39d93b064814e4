import type { Bucketed, Interval, Market, MarketWatcher } from '../market/market.ts'
import type { BookSide, ReferenceLevel } from '../market/reference-book.ts'
import {
  type BookFrameFacts,
  groupedFrame,
  groupedRows,
  incrementalFrame,
  snapshotRows,
} from '../wire/book-frame.ts'
import { numberText } from '../wire/json.ts'
import type { Delivery, Stream, Subscriber } from './stream.ts'

export interface GroupedStreamOptions {
  channel: string
  /** Width of a price group; null without grouping. */
  group: number | null
  depth: number
  interval: Interval
  /**
   * Smaller frames are padded to about this size with an unknown field, bytes; 0 for no padding.
   */
  frameBytes: number
}

/**
 * `book.{i}.{group}.{depth}.{interval}`: grouped snapshots of the best levels, each of which
 * replaces the previous one.
 */
export class GroupedStream implements Stream, Bucketed {
  readonly channel: string
  readonly instrument: string
  readonly subscribers = new Set<Subscriber>()
  readonly #options: GroupedStreamOptions
  readonly #market: Market
  readonly #delivery: Delivery
  #sentChangeId: number
  /** Bytes of a frame without its rows and padding. */
  #bareBytes: number | null = null

  constructor(options: GroupedStreamOptions, market: Market, delivery: Delivery) {
    this.channel = options.channel
    this.instrument = market.instrument.name
    this.#options = options
    this.#market = market
    this.#delivery = delivery
    this.#sentChangeId = market.changeId
    market.buckets[options.interval].add(this)
  }

  start(subscriber: Subscriber): void {
    // A market without a change id has no book yet.
    if (this.#market.changeId > 0) this.#delivery.sendInitial(this, subscriber, this.#frame())
  }

  close(): void {
    this.#market.buckets[this.#options.interval].delete(this)
  }

  flush(): void {
    if (this.#sentChangeId === this.#market.changeId) return
    this.#sentChangeId = this.#market.changeId
    this.#delivery.publish(this, this.#frame())
  }

  #frame(): string {
    const { group, depth, frameBytes } = this.#options
    const { book, changeId, timestampMs } = this.#market
    const bids = group === null ? book.bids.levels : groupRows(book.bids.levels, group, 'bids')
    const asks = group === null ? book.asks.levels : groupRows(book.asks.levels, group, 'asks')
    const facts = { channel: this.channel, instrument: this.instrument, timestampMs, changeId }
    const bidRows = groupedRows(bids, depth)
    const askRows = groupedRows(asks, depth)
    if (frameBytes === 0) return groupedFrame(facts, bidRows, askRows)
    this.#bareBytes ??= groupedFrame(facts, '', '', 1).length - 1
    const padBytes = frameBytes - this.#bareBytes - bidRows.length - askRows.length
    return groupedFrame(facts, bidRows, askRows, padBytes)
  }
}

export interface IncrementalStreamOptions {
  channel: string
  interval: Interval
}

/**
 * `book.{i}.{interval}`: a snapshot for each new subscriber, then a sequence of changes shared by
 * all.
 */
export class IncrementalStream implements Stream, Bucketed, MarketWatcher {
  readonly channel: string
  readonly instrument: string
  readonly subscribers = new Set<Subscriber>()
  readonly #interval: Interval
  readonly #market: Market
  readonly #delivery: Delivery
  /** Amount before the first modification since the last frame, by price. */
  readonly #touched = { bids: new Map<number, number>(), asks: new Map<number, number>() }
  #sentChangeId: number

  constructor(options: IncrementalStreamOptions, market: Market, delivery: Delivery) {
    this.channel = options.channel
    this.instrument = market.instrument.name
    this.#interval = options.interval
    this.#market = market
    this.#delivery = delivery
    this.#sentChangeId = market.changeId
    market.watchers.add(this)
    market.buckets[options.interval].add(this)
  }

  start(subscriber: Subscriber): void {
    // Ends the bucket early, so that the shared sequence continues from the id of the snapshot.
    this.flush()
    if (this.#sentChangeId === 0) return
    const { book } = this.#market
    const rows = { bids: snapshotRows(book.bids.levels), asks: snapshotRows(book.asks.levels) }
    // Not the market's id: if the bucket had no net change, the sequence keeps its last id.
    const facts = this.#facts(this.#sentChangeId)
    this.#delivery.sendInitial(this, subscriber, incrementalFrame(facts, 'snapshot', rows, null))
  }

  close(): void {
    this.#market.watchers.delete(this)
    this.#market.buckets[this.#interval].delete(this)
  }

  onLevel(side: BookSide, price: number, before: number): void {
    const touched = this.#touched[side]
    if (!touched.has(price)) touched.set(price, before)
  }

  flush(): void {
    if (this.#market.changeId === this.#sentChangeId) return
    const bids = this.#rows('bids')
    const asks = this.#rows('asks')
    // Levels that came and went inside one bucket are not sent; the sequence continues from the
    // previous frame.
    if (bids.length === 0 && asks.length === 0) return
    const rows = { bids: `[${bids.join(',')}]`, asks: `[${asks.join(',')}]` }
    const facts = this.#facts(this.#market.changeId)
    const frame = incrementalFrame(facts, 'change', rows, this.#sentChangeId)
    this.#sentChangeId = this.#market.changeId
    this.#delivery.publish(this, frame)
  }

  #facts(changeId: number): BookFrameFacts {
    const { timestampMs } = this.#market
    return { channel: this.channel, instrument: this.instrument, timestampMs, changeId }
  }

  /**
   * Returns the changed rows, best first, with absolute amounts and `0.0` on delete; clears the
   * modified levels.
   */
  #rows(side: BookSide): string[] {
    const touched = this.#touched[side]
    const towards = side === 'bids' ? -1 : 1
    const prices = [...touched.keys()].sort((a, b) => towards * (a - b))
    const rows = prices.flatMap((price) => {
      const before = touched.get(price) ?? 0
      const amount = this.#market.book[side].amountAt(price)
      if (amount === 0) return before === 0 ? [] : [`["delete",${numberText(price)},0.0]`]
      return [`["${before === 0 ? 'new' : 'change'}",${numberText(price)},${numberText(amount)}]`]
    })
    touched.clear()
    return rows
  }
}

/** Adds up the amounts per price group: bids are rounded down to the group, asks up. */
function groupRows(
  levels: readonly ReferenceLevel[],
  group: number,
  side: BookSide,
): ReferenceLevel[] {
  const amounts = new Map<number, number>()
  for (const { price, amount } of levels) {
    const steps =
      side === 'bids' ? Math.floor(price / group + 1e-9) : Math.ceil(price / group - 1e-9)
    const grouped = Number((steps * group).toFixed(4))
    amounts.set(grouped, Number(((amounts.get(grouped) ?? 0) + amount).toFixed(8)))
  }
  return [...amounts].map(([price, amount]) => ({
    price,
    amount,
    text: `${numberText(price)},${numberText(amount)}`,
  }))
}
