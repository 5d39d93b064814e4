import type { Clock } from '../model/clock.ts'
import type { Level } from '../model/frame.ts'
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
