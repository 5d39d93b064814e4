import { BookWindows } from '../../analytics/book-windows.ts'
import { type EventTime, LEAST_COVERAGE } from '../../analytics/event-time.ts'
import { topOf } from '../../analytics/top-of-book.ts'
import { changesBook } from '../../book/channel-book.ts'
import type { TradeWindowNumbers, WindowNumbers } from '../../model/snapshot.ts'
import type { BookRecord } from '../checkpoint.ts'
import type { Outcome } from './book-status.ts'
import type { TradeFlow } from './trades.ts'

const NO_TRADES: TradeWindowNumbers = {
  tradeFlowImbalance: null,
  buyVolume: null,
  sellVolume: null,
  tradeCount: null,
}

export interface WindowKeeperOptions {
  staleAfterMs: number
  windowsMs: readonly number[]
}

/** How a record continues the ones before it, as far as relevant to the windows. */
export interface Continuation extends Outcome {
  /** Whether the levels are complete, valid and two-sided. */
  readonly isSound: boolean
  /** Whether the book was stale or behind, or a snapshot skipped, since the previous record. */
  readonly hasLapsed: boolean
  /**
   * Whether it is in another partition than the previous record: changes in between are unknown.
   */
  readonly hasMoved: boolean
  /** Newest verification before this record (null: none) and with it; epoch ms. */
  readonly verifiedBeforeMs: number | null
  readonly verifiedTimeMs: number
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
  readonly #staleAfterMs: number
  #channel: string | null = null

  constructor({ staleAfterMs, windowsMs }: WindowKeeperOptions) {
    this.#staleAfterMs = staleAfterMs
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
      const hasTrades = trades !== undefined && ofBook.coverage >= LEAST_COVERAGE
      const coveredMs = this.#windows.coveredMs(at, windowMs)
      return { ...ofBook, ...(hasTrades ? trades.read(at, coveredMs) : NO_TRADES) }
    })
  }

  apply({ frame, checkpoint }: BookRecord, continuation: Continuation): void {
    const { book, result, isSound } = continuation
    const { levels, last } = book
    const top = levels !== null && last !== null && isSound ? topOf(levels) : null
    if (top === null || this.#isBroken(continuation)) this.#windows.stop()
    this.#channel = book.channel
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

  #isBroken(continuation: Continuation): boolean {
    const { result, book, hasLapsed, hasMoved, verifiedBeforeMs, verifiedTimeMs } = continuation
    // Check record timestamps too: a replay of an unverified period takes almost no time.
    const isHole =
      verifiedBeforeMs !== null && verifiedTimeMs - verifiedBeforeMs > this.#staleAfterMs
    const isOther = this.#channel !== null && this.#channel !== book.channel
    return hasLapsed || hasMoved || isHole || isOther || result === 'new_sequence'
  }
}
