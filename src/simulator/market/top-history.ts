import type { Level } from '../../model/frames.ts'
import type { Clock } from '../../time/clock.ts'
import type { InstrumentState } from './instrument.ts'
import type { Market, MarketWatcher } from './market.ts'

/** The top of a book as it was from one change to the next. */
export interface Top {
  readonly changeId: number
  /** Exchange time of the change, epoch ms. */
  readonly timestampMs: number
  /** Monotonic clock of the process when it happened, ms. */
  readonly sinceMonotonicMs: number
  readonly bestBid: Level | null
  readonly bestAsk: Level | null
}

const MAX_TOPS = 5_000

/** Remembers the tops of one book for a while. */
export class TopsHistory implements MarketWatcher {
  readonly #keepMs: number
  readonly #market: Market
  readonly #clock: Clock
  #tops: Top[] = []

  constructor(keepMs: number, market: Market, clock: Clock) {
    this.#keepMs = keepMs
    this.#market = market
    this.#clock = clock
    market.watchers.add(this)
    // The book that it begins with was never committed while we watched.
    if (market.changeId > 0) this.onCommit()
  }

  onCommit(): void {
    const { book, changeId, timestampMs } = this.#market
    const nowMs = this.#clock.monotonicMs()
    this.#tops.push({
      changeId,
      timestampMs,
      sinceMonotonicMs: nowMs,
      bestBid: book.bids.top(1)[0] ?? null,
      bestAsk: book.asks.top(1)[0] ?? null,
    })
    // Cut in large pieces, so that a change costs little; one older than the window stays, as it
    // was in force when the window began.
    const [, second] = this.#tops
    if (this.#tops.length < 64 || second === undefined) return
    if (this.#tops.length > MAX_TOPS || nowMs - second.sinceMonotonicMs > 2 * this.#keepMs) {
      this.#tops = this.tops().slice(-MAX_TOPS / 2)
    }
  }

  /** Oldest first: all of the window, and the one in force at its start. */
  tops(): Top[] {
    const startMs = this.#clock.monotonicMs() - this.#keepMs
    const firstInside = this.#tops.findIndex(({ sinceMonotonicMs }) => sinceMonotonicMs >= startMs)
    if (firstInside === -1) return this.#tops.slice(-1)
    return this.#tops.slice(Math.max(0, firstInside - 1))
  }
}

/** The exchange's own book at this moment: what a client should show, delays aside. */
export interface Reference {
  readonly instrument: string
  readonly state: InstrumentState
  readonly changeId: number
  /** Exchange time of the last change, epoch ms. */
  readonly timestampMs: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
  /** Oldest first; the last one is the present top. */
  readonly tops: readonly Top[]
}

export function referenceOf(market: Market, history: TopsHistory | undefined): Reference {
  return {
    instrument: market.instrument.name,
    state: market.state,
    changeId: market.changeId,
    timestampMs: market.timestampMs,
    bids: market.book.bids.top(Infinity),
    asks: market.book.asks.top(Infinity),
    tops: history?.tops() ?? [],
  }
}
