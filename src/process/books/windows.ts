import { BookWindows } from '../../analytics/book-windows.ts'
import { type EventTime, MIN_COVERAGE } from '../../analytics/event-time.ts'
import { topOf } from '../../analytics/top-of-book.ts'
import { changesBook } from '../../book/channel-book.ts'
import { ABSENT_TRADE_WINDOW, type WindowNumbers } from '../../model/snapshot.ts'
import type { BookRecord } from '../checkpoint.ts'
import type { Continuation } from './continuity.ts'
import type { TradeFlow } from './trades.ts'

export interface WindowKeeperOptions {
  windowsMs: readonly number[]
}

/**
 * Decides when the windows of a book continue and when they restart. They continue through
 * snapshots and changes of the exchange, each of which is an event, and through checkpoints that
 * confirm the current book. They restart after a gap, a book without a usable top, an unverified
 * period, a new sequence, another channel, or a record that does not directly follow, as events in
 * between were not seen.
 */
export class WindowTracker {
  readonly #windows: BookWindows
  readonly #windowsMs: readonly number[]

  constructor({ windowsMs }: WindowKeeperOptions) {
    this.#windowsMs = windowsMs
    this.#windows = new BookWindows(Math.max(...windowsMs))
  }

  /** Bytes of the arrays. */
  get bytes(): number {
    return this.#windows.bytes
  }

  /** Reads every window at `given`, with the trades of the covered part. */
  read(given: EventTime, trades: TradeFlow | undefined): WindowNumbers[] {
    // The last snapshot was made before it was received, whatever the clocks say.
    const exchangeTimeMs = Math.max(given.exchangeTimeMs, this.#windows.lastTimeMs)
    const at: EventTime = { ...given, exchangeTimeMs }
    return this.#windowsMs.map((windowMs) => {
      const ofBook = this.#windows.read(at, windowMs)
      const hasTrades = trades !== undefined && ofBook.coverage >= MIN_COVERAGE
      const coveredMs = this.#windows.coveredMs(at, windowMs)
      return { ...ofBook, ...(hasTrades ? trades.read(at, coveredMs) : ABSENT_TRADE_WINDOW) }
    })
  }

  apply({ frame, checkpoint }: BookRecord, continuation: Continuation): void {
    const { book, result, interruption, unusableReason } = continuation
    const { levels, last } = book
    const top = levels !== null && last !== null && unusableReason === null ? topOf(levels) : null
    if (top === null || interruption !== null) this.#windows.stop()
    if (top === null || last === null) return
    const at: EventTime = {
      exchangeTimeMs: last.exchangeTimeMs,
      verifiedTimeMs: continuation.verifiedTimeMs,
    }
    if (changesBook(result)) {
      // Checkpoints describe the book, not what happened: they are no events.
      if (checkpoint !== null) this.#windows.start(top, at, { isEvent: false })
      else if (frame.kind === 'snapshot') this.#windows.start(top, at, { isEvent: true })
      else this.#windows.accept(top, at)
    } else if (!this.#windows.isRunning) {
      this.#windows.start(top, at, { isEvent: false })
    }
  }
}
