import type { Bucketed, Exchange, Interval, Market } from '../market/market.ts'
import { notification } from '../wire/book-frame.ts'
import { float, type WireFloat, wireJson } from '../wire/json.ts'
import type { Delivery, Stream, Subscriber } from './stream.ts'

export interface TickerStreamOptions {
  channel: string
  kind: 'ticker' | 'quote'
  interval: Interval
}

/** Number of buckets after which a ticker without a change is sent again: about 5 s. */
const QUIET_BUCKETS: Readonly<Record<Interval, number>> = {
  raw: Number.POSITIVE_INFINITY,
  '100ms': 50,
  agg2: 5,
}

/**
 * `ticker.{i}.{interval}` and `quote.{i}`: an initial frame, then one for each bucket with a
 * change; a ticker also without a change, about every 5 s.
 */
export class TickerStream implements Stream, Bucketed {
  readonly channel: string
  readonly instrument: string
  readonly subscribers = new Set<Subscriber>()
  readonly #options: TickerStreamOptions
  readonly #market: Market
  readonly #delivery: Delivery
  #sent = ''
  #quietBuckets = 0

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
    this.#delivery.sendInitial(this, subscriber, notification(this.channel, wireJson(this.#data())))
  }

  close(): void {
    this.#market.buckets[this.#options.interval].delete(this)
  }

  flush(): void {
    const key = this.#key()
    this.#quietBuckets += 1
    const { kind, interval } = this.#options
    const isDue = kind === 'ticker' && this.#quietBuckets >= QUIET_BUCKETS[interval]
    if (key === this.#sent && !isDue) return
    this.#sent = key
    this.#quietBuckets = 0
    this.#delivery.publish(this, notification(this.channel, wireJson(this.#data())))
  }

  /** Condition for a frame: a quote is sent only when the top has changed. */
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

export interface Top {
  readonly bidPrice: number
  readonly bidAmount: number
  readonly askPrice: number
  readonly askAmount: number
}

/** An empty side is written as 0.0, contrary to the exchange's documentation. */
export function topOf(market: Market): Top {
  const bid = market.book.bids.levels[0]
  const ask = market.book.asks.levels[0]
  return {
    bidPrice: bid?.price ?? 0,
    bidAmount: bid?.amount ?? 0,
    askPrice: ask?.price ?? 0,
    askAmount: ask?.amount ?? 0,
  }
}

export function markPriceOf(market: Market): number {
  const { bidPrice, askPrice } = topOf(market)
  if (bidPrice === 0 || askPrice === 0) return market.instrument.startPrice
  return Number(((bidPrice + askPrice) / 2).toPrecision(9))
}

/** The fields of `ticker.*`, `public/ticker` and the head of `public/get_order_book`. */
export function tickerFields(market: Market): Record<string, unknown> {
  const { instrument } = market
  const top = topOf(market)
  const mark = markPriceOf(market)
  const last = market.trades.at(-1)
  return {
    timestamp: market.timestampMs,
    state: market.state,
    stats: { high: null, low: null, price_change: null, volume: float(0), volume_usd: float(0) },
    index_price: float(mark),
    instrument_name: instrument.name,
    last_price: last === undefined ? null : float(last.price),
    settlement_price: float(mark),
    min_price: float(Number((mark * 0.985).toPrecision(7))),
    max_price: float(Number((mark * 1.015).toPrecision(7))),
    open_interest: instrument.kind === 'spot' ? undefined : 797_578_130,
    mark_price: float(mark),
    estimated_delivery_price: float(mark),
    ...kindFields(market, mark),
    best_ask_price: float(top.askPrice),
    best_bid_price: float(top.bidPrice),
    best_ask_amount: float(top.askAmount),
    best_bid_amount: float(top.bidAmount),
  }
}

function kindFields(market: Market, mark: number): Record<string, WireFloat | string | object> {
  const { instrument } = market
  if (instrument.option !== null) {
    return {
      mark_iv: float(52.17),
      bid_iv: float(51.4),
      ask_iv: float(53.02),
      underlying_price: float(instrument.option.strike),
      underlying_index: 'SYN.EXPIRY',
      interest_rate: float(0),
      greeks: {
        delta: float(0.5),
        gamma: float(0.00002),
        rho: float(1.2),
        theta: float(-21.1),
        vega: float(85.2),
      },
    }
  }
  if (instrument.settlementPeriod !== 'perpetual') return {}
  return {
    interest_value: float(mark / 1e6),
    current_funding: float(0),
    funding_8h: float(-3.1e-6),
  }
}

/**
 * Computes the price of each index of the exchange: the mid-price of its first instrument that is
 * not an option.
 */
export function indexPricesOf(exchange: Exchange): ReadonlyMap<string, number> {
  const prices = new Map<string, number>()
  for (const market of exchange.markets.values()) {
    const { priceIndex, option } = market.instrument
    if (option === null && !prices.has(priceIndex)) prices.set(priceIndex, markPriceOf(market))
  }
  for (const index of exchange.indices()) if (!prices.has(index)) prices.set(index, 1)
  return prices
}
