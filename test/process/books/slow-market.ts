import {
  type Scaled,
  slowBand,
  type SlowEvent,
  type SlowEventTime,
  type SlowTrade,
  slowTradeWindow,
  slowWindow,
} from '../../analytics/slow-windows.ts'
import type { RecordedBook } from '../../support/recorded-frames.ts'
import { ReferenceBooks } from '../../support/reference-books.ts'

/*
 * What readers should see of bands, windows and trades after each frame, worked out from the text of
 * the frames and the times of their records alone, with nothing of src/.
 */

interface RecordedTrade {
  readonly timestamp: number
  readonly direction: 'buy' | 'sell'
  readonly amount: number
  readonly block_trade_id?: string
}

export interface RecordedMessage {
  readonly params?: {
    readonly channel?: string
    readonly data: RecordedBook | readonly RecordedTrade[]
  }
}

interface History {
  startVerifiedMs: number
  found: SlowEvent | null
  events: SlowEvent[]
}

interface Watched {
  history: History | null
  lastTimeMs: number
  lastRecordMs: number
  bids: [number, number][]
  asks: [number, number][]
  maxLevels: number | null
}

/** How long a book is valid without a record. */
const STALE_AFTER_MS = 5000

/** Frames are ordinary records of one partition, each received at the time given with it. */
export class SlowMarket {
  readonly #books = new ReferenceBooks()
  readonly #watched = new Map<string, Watched>()
  readonly #trades = new Map<string, SlowTrade[]>()
  #tradesSinceMs = Infinity

  applyTrades(instrument: string, trades: readonly RecordedTrade[], receivedMs: number): void {
    this.#tradesSinceMs = Math.min(this.#tradesSinceMs, receivedMs)
    const known = this.#trades.get(instrument) ?? []
    this.#trades.set(instrument, known)
    for (const { timestamp, direction, amount, block_trade_id: block } of trades) {
      if (block === undefined) known.push({ timeMs: timestamp, side: direction, amount })
    }
  }

  applyBook(channel: string, data: RecordedBook, receivedMs: number): void {
    const { bids, asks, isWhole } = this.#books.apply(channel, data)
    const before = this.#watched.get(data.instrument_name)
    const [bid, ask] = [bids[0], asks[0]]
    const depth = channel.split('.').length === 5 ? Number(channel.split('.')[3]) : null
    const isJump = depth === null && data.prev_change_id === undefined
    const isLate = before !== undefined && receivedMs - before.lastRecordMs > STALE_AFTER_MS
    let history = isJump || isLate ? null : (before?.history ?? null)
    if (!isWhole || bid === undefined || ask === undefined || bid[0] >= ask[0]) {
      history = null
    } else {
      history ??= { startVerifiedMs: receivedMs, found: null, events: [] }
      history.events.push({ timeMs: data.timestamp, bid, ask })
    }
    this.#watched.set(data.instrument_name, {
      history,
      lastTimeMs: data.timestamp,
      lastRecordMs: receivedMs,
      bids,
      asks,
      maxLevels: depth,
    })
  }

  window(instrument: string, windowMs: number): Record<string, Scaled | null> {
    const book = this.#watched.get(instrument)
    if (book === undefined) throw new Error(`${instrument} is not known`)
    const at: SlowEventTime = { exchangeTimeMs: book.lastTimeMs, verifiedTimeMs: book.lastRecordMs }
    const { coverage, ...numbers } = slowWindow(book.history, at, windowMs)
    const watchedMs = at.verifiedTimeMs - (book.history?.startVerifiedMs ?? Infinity)
    const coveredMs = Math.min(windowMs, watchedMs)
    const areComplete = this.#tradesSinceMs <= at.verifiedTimeMs - coveredMs
    const trades =
      coverage >= 0.5 && areComplete
        ? slowTradeWindow(this.#trades.get(instrument) ?? [], at.exchangeTimeMs, coveredMs)
        : null
    return {
      coverage: { value: coverage, scale: 0 },
      ...numbers,
      tradeFlowImbalance: trades?.tradeFlowImbalance ?? null,
      buyVolume: trades?.buyVolume ?? null,
      sellVolume: trades?.sellVolume ?? null,
      tradeCount: trades?.tradeCount ?? null,
    }
  }

  band(instrument: string, bps: number): Record<string, Scaled | null> {
    const book = this.#watched.get(instrument)
    if (book === undefined) throw new Error(`${instrument} is not known`)
    const { bids, asks, maxLevels } = book
    const isUsable = bids.length > 0 && asks.length > 0 && (bids[0]?.[0] ?? 0) < (asks[0]?.[0] ?? 0)
    if (!isUsable) return { bid: null, ask: null, imbalance: null }
    const { bid, ask, imbalance } = slowBand(bids, asks, bps, maxLevels)
    const exact = (value: number | null, scale: number) =>
      value === null ? null : { value, scale }
    return { bid: exact(bid, bid ?? 0), ask: exact(ask, ask ?? 0), imbalance: exact(imbalance, 1) }
  }
}
