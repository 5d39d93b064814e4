import { incrementalFrame, snapshotRows, type BookFrameFacts } from '../book-frame.ts'
import type { Bucketed, Interval, Market, MarketWatcher } from '../market.ts'
import { numberText } from '../number-text.ts'
import type { BookSide } from '../truth-book.ts'
import type { Delivery, Stream, Subscriber } from './stream.ts'

export interface IncrementalStreamOptions {
  channel: string
  interval: Interval
}

/** `book.{i}.{interval}`: a snapshot for each new subscriber, then one chain of changes for all. */
export class IncrementalStream implements Stream, Bucketed, MarketWatcher {
  readonly channel: string
  readonly instrument: string
  readonly subscribers = new Set<Subscriber>()
  readonly #interval: Interval
  readonly #market: Market
  readonly #delivery: Delivery
  /** Amount before the first touch since the last frame, by price. */
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
    // Ends the bucket early, so that the others' chain and the snapshot meet at the same id.
    this.flush()
    if (this.#sentChangeId === 0) return
    const { book } = this.#market
    const rows = { bids: snapshotRows(book.bids.levels), asks: snapshotRows(book.asks.levels) }
    // Not the market's id: where the bucket held nothing worth a frame, the chain stands at its own.
    const facts = this.#facts(this.#sentChangeId)
    this.#delivery.greet(this, subscriber, incrementalFrame(facts, 'snapshot', rows, null))
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
    // What came and went inside one bucket leaves no trace: the chain goes on from the frame before.
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

  /** Best first, absolute amounts, `0.0` on delete; empties what was touched. */
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
