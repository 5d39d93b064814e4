import type { EventTime } from '../../analytics/event-time.ts'
import { TradeWindows } from '../../analytics/trade-windows.ts'
import { checkTrade, type TradePoint } from '../../book/sequence.ts'
import type { Trade, TradesFrame } from '../../model/frames.ts'
import type { LastTrade, TradeWindowNumbers } from '../../model/snapshot.ts'

export interface TradeFlowsOptions {
  /** Maximum number of instruments. */
  maxInstruments: number
  windowsMs: readonly number[]
}

export interface TradeFlowsDeps extends TradeFlowDeps {
  /** Whether the instrument has a book here. */
  hasBook(instrument: string): boolean
}

interface OwnedFlow {
  readonly flow: TradeFlow
  /** Partition of the newest trade. */
  partition: number
}

/**
 * Trades of all instruments. They arrive in their own topic, before or after the first snapshot of
 * their book, so they are kept by name beside the books.
 */
export class TradeFlows {
  readonly #options: TradeFlowsOptions
  readonly #deps: TradeFlowsDeps
  readonly #flows = new Map<string, OwnedFlow>()
  /** Receipt of the first record of each partition, epoch ms: trades are complete from then on. */
  readonly #partitionsSinceMs = new Map<number, number>()
  /** Partitions that are not read to their end since they were assigned. */
  readonly #behind = new Set<number>()
  /** When trades were last dropped because of the limit or a removal, epoch ms of the producer. */
  #incompleteUntilMs = Number.NEGATIVE_INFINITY
  /** Receipt of the newest record, epoch ms of the producer. */
  #receivedTimeMs = Number.NEGATIVE_INFINITY

  constructor(options: TradeFlowsOptions, deps: TradeFlowsDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** @param receivedTimeMs receipt of the frame by the producer, epoch ms */
  apply({ instrument, trades }: TradesFrame, partition: number, receivedTimeMs: number): void {
    this.#receivedTimeMs = Math.max(this.#receivedTimeMs, receivedTimeMs)
    if (!this.#partitionsSinceMs.has(partition)) {
      this.#partitionsSinceMs.set(partition, receivedTimeMs)
    }
    const owned = this.#flows.get(instrument) ?? this.#create(instrument, partition)
    for (const trade of trades) {
      if (owned?.flow.apply(trade, receivedTimeMs) === true) owned.partition = partition
    }
  }

  /**
   * Trades of an instrument; undefined if none was seen, or while the partition is not read to its
   * end.
   */
  of(instrument: string): TradeFlow | undefined {
    const owned = this.#flows.get(instrument)
    return owned === undefined || this.#behind.has(owned.partition) ? undefined : owned.flow
  }

  /** Notes that these partitions were assigned: their older records are read first. */
  gain(partitions: Iterable<number>): void {
    for (const partition of partitions) this.#behind.add(partition)
  }

  /** Notes that a partition was read to its end. */
  catchUp(partition: number): void {
    this.#behind.delete(partition)
  }

  /** Bytes of the arrays of all flows. */
  get bytes(): number {
    return [...this.#flows.values()].reduce((sum, { flow }) => sum + flow.bytes, 0)
  }

  /** Removes trades that arrived in partitions that moved to another member. */
  lose(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      this.#partitionsSinceMs.delete(partition)
      this.#behind.delete(partition)
      for (const [instrument, owned] of this.#flows) {
        if (owned.partition === partition) this.#flows.delete(instrument)
      }
    }
  }

  /** Call when partitions were added: trades may now go to another member. */
  restart(): void {
    this.#flows.clear()
    this.#incompleteUntilMs = this.#receivedTimeMs
  }

  /** Call when the book of the instrument is removed. */
  forget(instrument: string): void {
    if (this.#flows.delete(instrument)) this.#incompleteUntilMs = this.#receivedTimeMs
  }

  /** At the limit, an instrument with a book replaces one without; any other is excluded. */
  #create(instrument: string, partition: number): OwnedFlow | undefined {
    if (this.#flows.size >= this.#options.maxInstruments) {
      this.#incompleteUntilMs = this.#receivedTimeMs
      if (!this.#deps.hasBook(instrument) || !this.#evictWithoutBook()) return undefined
    }
    const sinceMs = this.#partitionsSinceMs.get(partition) ?? this.#receivedTimeMs
    const flow = new TradeFlow(
      {
        longestWindowMs: Math.max(...this.#options.windowsMs),
        completeSinceMs: Math.max(sinceMs, this.#incompleteUntilMs),
      },
      this.#deps,
    )
    const owned = { flow, partition }
    this.#flows.set(instrument, owned)
    return owned
  }

  #evictWithoutBook(): boolean {
    for (const instrument of this.#flows.keys()) {
      if (!this.#deps.hasBook(instrument)) return this.#flows.delete(instrument)
    }
    return false
  }
}

export interface TradeFlowOptions {
  longestWindowMs: number
  /** Trades are complete since this time; producer's clock, epoch ms. */
  completeSinceMs: number
}

export interface TradeFlowDeps {
  /** Called for each gap in the trade sequence numbers. */
  onGap(): void
  /** Called for each trade on the book, once and in order. */
  onTrade(trade: Trade): void
}

/** Trades of one instrument, deduplicated, and their window numbers. */
export class TradeFlow {
  readonly #windows: TradeWindows
  readonly #deps: TradeFlowDeps
  #last: TradePoint | null = null
  #lastTrade: LastTrade | null = null

  constructor(options: TradeFlowOptions, deps: TradeFlowDeps) {
    this.#windows = new TradeWindows(options.longestWindowMs)
    this.#windows.start(options.completeSinceMs)
    this.#deps = deps
  }

  /** Newest trade on the book; null before the first. */
  get lastTrade(): LastTrade | null {
    return this.#lastTrade
  }

  /** Bytes of the arrays. */
  get bytes(): number {
    return this.#windows.bytes
  }

  /**
   * Applies a trade; false for a duplicate.
   * @param receivedTimeMs receipt of the trade's frame by the producer, epoch ms
   */
  apply(trade: Trade, receivedTimeMs: number): boolean {
    const result = checkTrade(this.#last, trade)
    if (result === 'duplicate') return false
    if (result === 'gap') {
      this.#deps.onGap()
      this.#windows.start(receivedTimeMs)
    }
    this.#last = { tradeSeq: trade.tradeSeq, exchangeTimeMs: trade.exchangeTimeMs }
    // Block trades and combo legs are part of the sequence, but did not trade against this book.
    if (trade.isBlock || trade.isComboLeg) return true
    const { price, amount, side, exchangeTimeMs } = trade
    this.#windows.accept(trade, { exchangeTimeMs, verifiedTimeMs: receivedTimeMs })
    this.#lastTrade = { price, amount, side, exchangeTimeMs }
    this.#deps.onTrade(trade)
    return true
  }

  /** Reads a window. @param coveredMs part of the window that the windows of the book cover, ms */
  read(at: EventTime, coveredMs: number): TradeWindowNumbers {
    return this.#windows.read(at, coveredMs)
  }
}
