import {
  type Bucketed,
  describeTrade,
  type Interval,
  type Market,
  type MarketWatcher,
  type Trade,
} from '../market/market.ts'
import { notification } from '../wire/book-frame.ts'
import { wireJson } from '../wire/json.ts'
import type { ChannelName } from './channel-name.ts'
import type { Delivery, Stream, Subscriber } from './stream.ts'

export interface TradesStreamOptions {
  channel: string
  interval: Interval
}

/**
 * `trades.{i}.{interval}` and `trades.{kind}.{currency}.{interval}`: no initial frame, then
 * batches.
 */
export class TradesStream implements Stream, Bucketed, MarketWatcher {
  readonly channel: string
  readonly instrument: string | null
  readonly subscribers = new Set<Subscriber>()
  readonly #interval: Interval
  readonly #markets: readonly Market[]
  readonly #delivery: Delivery
  #pending: Trade[] = []

  constructor(options: TradesStreamOptions, markets: readonly Market[], delivery: Delivery) {
    this.channel = options.channel
    this.instrument = markets.length === 1 ? (markets[0] as Market).instrument.name : null
    this.#interval = options.interval
    this.#markets = markets
    this.#delivery = delivery
    for (const market of markets) {
      market.watchers.add(this)
      market.buckets[options.interval].add(this)
    }
  }

  start(): void {
    // There is no initial frame.
  }

  close(): void {
    for (const market of this.#markets) {
      market.watchers.delete(this)
      market.buckets[this.#interval].delete(this)
    }
  }

  onTrade(trade: Trade): void {
    this.#pending.push(trade)
  }

  flush(): void {
    if (this.#pending.length === 0) return
    const data = wireJson(this.#pending.map(describeTrade))
    this.#pending = []
    this.#delivery.publish(this, notification(this.channel, data))
  }
}

/** A channel with events of the platform or of instruments; it has no initial frame. */
export class EventStream implements Stream {
  readonly channel: string
  readonly name: ChannelName
  readonly instrument = null
  readonly subscribers = new Set<Subscriber>()

  constructor(channel: string, name: ChannelName) {
    this.channel = channel
    this.name = name
  }

  start(): void {
    // No initial frame: there is no event yet.
  }

  close(): void {
    // Nothing to release: only the hub refers to the stream.
  }
}
