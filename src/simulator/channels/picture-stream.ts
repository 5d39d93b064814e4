import { groupedFrame, groupedRows } from '../book-frame.ts'
import type { Bucketed, Interval, Market } from '../market.ts'
import { groupRows } from './group-rows.ts'
import type { Delivery, Stream, Subscriber } from './stream.ts'

export interface GroupedStreamOptions {
  channel: string
  /** Width of a price group; null for none. */
  group: number | null
  depth: number
  interval: Interval
  /** Smaller frames get an unknown field so that they have about this size; 0 for none. */
  frameBytes: number
}

/** `book.{i}.{group}.{depth}.{interval}`: whole pictures of the best levels, each replacing the last. */
export class GroupedStream implements Stream, Bucketed {
  readonly channel: string
  readonly instrument: string
  readonly subscribers = new Set<Subscriber>()
  readonly #options: GroupedStreamOptions
  readonly #market: Market
  readonly #delivery: Delivery
  #sentChangeId: number
  /** Bytes of a frame beside its rows and padding. */
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
    // A market without an id has never had a book: there is nothing to show yet.
    if (this.#market.changeId > 0) this.#delivery.greet(this, subscriber, this.#frame())
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
