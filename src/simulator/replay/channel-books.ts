import { parseChannelName } from '../channels/channel-name.ts'
import type { Delivery, Stream, Subscriber } from '../channels/stream.ts'
import { ChangeIds, type Exchange, Market } from '../market/market.ts'
import type { Instrument } from '../market/instrument.ts'
import type { Random } from '../market/random.ts'
import type { BookSide } from '../market/reference-book.ts'
import { instrumentOf } from '../market/universe.ts'
import { incrementalFrame, snapshotRows } from '../wire/book-frame.ts'
import type { Recording } from './recording.ts'

type Row = readonly unknown[]

/**
 * Holds the books of the recorded channels: one for each incremental channel, because each has its
 * own sequence. Grouped channels fill the book of an instrument without an incremental channel.
 */
export class ChannelBooks {
  readonly #byChannel = new Map<string, Market>()
  readonly #random: Random

  /** Adds the instruments of the recording to the exchange. */
  constructor(recording: Recording, exchange: Exchange, random: Random) {
    this.#random = random
    for (const { channel, instrument } of recording.frames) {
      if (instrument === null) continue
      const market = exchange.markets.get(instrument) ?? addMarket(exchange, instrument)
      if (market === null || this.#byChannel.has(channel)) continue
      const isBook = parseChannelName(channel)?.kind === 'incremental'
      if (isBook) this.#byChannel.set(channel, this.#bookOf(market))
    }
    for (const { channel, instrument } of recording.frames) {
      const isGrouped = parseChannelName(channel)?.kind === 'grouped'
      const market = isGrouped && instrument !== null ? exchange.markets.get(instrument) : undefined
      if (market !== undefined && !this.#isApplied(market)) this.#byChannel.set(channel, market)
    }
  }

  ofChannel(channel: string): Market | null {
    return this.#byChannel.get(channel) ?? null
  }

  /**
   * Returns the channel whose book represents the instrument: that of the given interval if
   * recorded, else any.
   */
  incrementalOf(instrument: string, interval: string): Market | null {
    const prefix = `book.${instrument}.`
    const channels = [...this.#byChannel.keys()].filter(
      (channel) => channel.startsWith(prefix) && parseChannelName(channel)?.kind === 'incremental',
    )
    const channel = channels.find((name) => name === `${prefix}${interval}`) ?? channels[0]
    return channel === undefined ? null : this.ofChannel(channel)
  }

  /** Applies a recorded frame to the book of its channel. */
  apply(channel: string, data: unknown, timestampMs: number, addId: number): void {
    const market = this.#byChannel.get(channel)
    if (market === undefined || typeof data !== 'object' || data === null) return
    const frame = data as Readonly<Record<string, unknown>>
    const changeId = frame['change_id']
    if (typeof changeId !== 'number') return
    if (isWholeBook(frame, parseChannelName(channel)?.kind === 'grouped')) {
      market.clear('bids')
      market.clear('asks')
    }
    applyRows(market, 'bids', frame['bids'])
    applyRows(market, 'asks', frame['asks'])
    market.adopt(changeId + addId, timestampMs)
  }

  /** The first channel of an instrument fills the book that requests and `reference` read. */
  #bookOf(market: Market): Market {
    return this.#isApplied(market)
      ? new Market(market.instrument, new ChangeIds(this.#random))
      : market
  }

  #isApplied(market: Market): boolean {
    return [...this.#byChannel.values()].includes(market)
  }
}

function addMarket(exchange: Exchange, name: string): Market | null {
  const instrument: Instrument | null = instrumentOf(name, 100_000 + exchange.markets.size)
  return instrument === null ? null : exchange.add(instrument)
}

/** Before 2021 frames had no `type`: a frame without `prev_change_id` was the snapshot. */
function isWholeBook(frame: Readonly<Record<string, unknown>>, isGrouped: boolean): boolean {
  if (isGrouped || frame['type'] === 'snapshot') return true
  const prev = frame['prev_change_id']
  return prev === 0 || (frame['type'] === undefined && prev === undefined)
}

/** Rows are `[price, amount]` or `[action, price, amount]`. */
function applyRows(market: Market, side: BookSide, rows: unknown): void {
  if (!Array.isArray(rows)) return
  for (const row of rows as readonly Row[]) {
    const isDelete = row[0] === 'delete'
    const [price, amount] = row.slice(-2)
    if (typeof price !== 'number' || typeof amount !== 'number') continue
    market.set(side, price, isDelete ? 0 : amount)
  }
}

/**
 * A recorded channel. Subscribers that come before the first frame get the recording unchanged;
 * later ones get a snapshot of the replayed book, or the last snapshot again, first.
 */
export class RecordedStream implements Stream {
  readonly channel: string
  readonly instrument: string | null
  readonly subscribers = new Set<Subscriber>()
  readonly #kind: 'incremental' | 'grouped' | 'other'
  readonly #market: Market | null
  readonly #delivery: Delivery
  readonly #onStart: () => void
  readonly #lastFrame: () => string | null

  constructor(
    options: {
      channel: string
      instrument: string | null
      kind: 'incremental' | 'grouped' | 'other'
    },
    deps: {
      market: Market | null
      delivery: Delivery
      /** Last frame of the channel as it was sent. */
      lastFrame(): string | null
      onStart(): void
    },
  ) {
    this.channel = options.channel
    this.instrument = options.instrument
    this.#kind = options.kind
    this.#market = deps.market
    this.#delivery = deps.delivery
    this.#lastFrame = () => deps.lastFrame()
    this.#onStart = () => deps.onStart()
  }

  start(subscriber: Subscriber): void {
    const frame = this.#initialFrame()
    if (frame !== null) this.#delivery.sendInitial(this, subscriber, frame)
    this.#onStart()
  }

  close(): void {
    // The player continues without subscribers.
  }

  publish(frame: string): void {
    this.#delivery.publish(this, frame)
  }

  #initialFrame(): string | null {
    if (this.#kind === 'grouped') return this.#lastFrame()
    if (this.#kind === 'other' || this.#market === null || this.#market.changeId === 0) return null
    const { book, changeId, timestampMs, instrument } = this.#market
    const rows = { bids: snapshotRows(book.bids.levels), asks: snapshotRows(book.asks.levels) }
    const facts = { channel: this.channel, instrument: instrument.name, timestampMs, changeId }
    return incrementalFrame(facts, 'snapshot', rows, null)
  }
}
