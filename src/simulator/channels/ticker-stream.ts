import { notification } from '../book-frame.ts'
import type { Bucketed, Interval, Market } from '../market.ts'
import { float, wireJson } from '../wire-json.ts'
import type { Delivery, Stream, Subscriber } from './stream.ts'
import { tickerFields, topOf } from './ticker-fields.ts'

export interface TickerStreamOptions {
  channel: string
  kind: 'ticker' | 'quote'
  interval: Interval
}

/** `ticker.{i}.{interval}` and `quote.{i}`: a frame at once, then one for each bucket with a change. */
export class TickerStream implements Stream, Bucketed {
  readonly channel: string
  readonly instrument: string
  readonly subscribers = new Set<Subscriber>()
  readonly #options: TickerStreamOptions
  readonly #market: Market
  readonly #delivery: Delivery
  #sent = ''

  constructor(options: TickerStreamOptions, market: Market, delivery: Delivery) {
    this.channel = options.channel
    this.instrument = market.instrument.name
    this.#options = options
    this.#market = market
    this.#delivery = delivery
    this.#sent = this.#key()
    market.buckets[options.interval].add(this)
  }

  start(subscriber: Subscriber): void {
    this.#delivery.greet(this, subscriber, notification(this.channel, wireJson(this.#data())))
  }

  close(): void {
    this.#market.buckets[this.#options.interval].delete(this)
  }

  flush(): void {
    const key = this.#key()
    if (key === this.#sent) return
    this.#sent = key
    this.#delivery.publish(this, notification(this.channel, wireJson(this.#data())))
  }

  /** What a frame is sent for: a quote only when the top has changed. */
  #key(): string {
    if (this.#options.kind === 'ticker') return `${this.#market.changeId} ${this.#market.state}`
    return Object.values(topOf(this.#market)).join(' ')
  }

  #data(): object {
    if (this.#options.kind === 'ticker') return tickerFields(this.#market)
    const top = topOf(this.#market)
    return {
      timestamp: this.#market.timestampMs,
      instrument_name: this.instrument,
      best_ask_price: float(top.askPrice),
      best_bid_price: float(top.bidPrice),
      best_ask_amount: float(top.askAmount),
      best_bid_amount: float(top.bidAmount),
    }
  }
}
