import type { Level } from '../../model/frames.ts'
import type { Clock } from '../../time/clock.ts'
import type { InstrumentState } from './instrument.ts'
import type { Market, MarketWatcher } from './market.ts'

/** Best levels of a book between two changes. */
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

/** Keeps the recent best levels of one book. */
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
    // The initial book was committed before the history started.
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
    // Removed in large batches, so that a change is cheap. One entry older than the window stays,
    // because it was valid at the start of the window.
    const [, second] = this.#tops
    if (this.#tops.length < 64 || second === undefined) return
    if (this.#tops.length > MAX_TOPS || nowMs - second.sinceMonotonicMs > 2 * this.#keepMs) {
      this.#tops = this.tops().slice(-MAX_TOPS / 2)
    }
  }

  /** Entries of the window, oldest first, including the one valid at its start. */
  tops(): Top[] {
    const startMs = this.#clock.monotonicMs() - this.#keepMs
    const firstInside = this.#tops.findIndex(({ sinceMonotonicMs }) => sinceMonotonicMs >= startMs)
    if (firstInside === -1) return this.#tops.slice(-1)
    return this.#tops.slice(Math.max(0, firstInside - 1))
  }
}

/** The reference book at the time of the call: what a client should show, apart from delays. */
export interface Reference {
  readonly instrument: string
  readonly state: InstrumentState
  readonly changeId: number
  /** Exchange time of the last change, epoch ms. */
  readonly timestampMs: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
  /** Oldest first; the last entry is the current top. */
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
