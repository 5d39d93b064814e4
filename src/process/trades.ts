import type { EventTime } from '../analytics/event-time.ts'
import { TradeWindows } from '../analytics/trade-windows.ts'
import { checkTrade, type TradePoint } from '../book/sequence.ts'
import type { Trade, TradesFrame } from '../model/frames.ts'
import type { LastTrade, TradeWindowNumbers } from '../model/snapshot.ts'

export interface TradeFlowsOptions {
  /** Flows at most. */
  maxInstruments: number
  windowsMs: readonly number[]
}

export interface TradeFlowsDeps {
  /** Whether the instrument has a book here, which its trades are read with. */
  hasBook(instrument: string): boolean
  onGap: () => void
}

interface OwnedFlow {
  readonly flow: TradeFlow
  /** The partition of the newest trade. */
  partition: number
}

/**
 * The trades of all instruments. They come by a topic of their own, before or after the first
 * snapshot of their book, so they are kept by name beside the books.
 */
export class TradeFlows {
  readonly #options: TradeFlowsOptions
  readonly #deps: TradeFlowsDeps
  readonly #flows = new Map<string, OwnedFlow>()
  /** When the first record of each partition was received: from then on nothing is missing. */
  readonly #partitionsSinceMs = new Map<number, number>()
  /** When trades were last left out or forgotten. */
  #incompleteUntilMs = Number.NEGATIVE_INFINITY
  /** Receipt of the newest record. */
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

  /** undefined where no trade of the instrument was seen. */
  of(instrument: string): TradeFlow | undefined {
    return this.#flows.get(instrument)?.flow
  }

  /** Bytes of the arrays of all flows. */
  get bytes(): number {
    return [...this.#flows.values()].reduce((sum, { flow }) => sum + flow.bytes, 0)
  }

  /** Drops what came by partitions that went to another member. */
  lose(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      this.#partitionsSinceMs.delete(partition)
      for (const [instrument, owned] of this.#flows) {
        if (owned.partition === partition) this.#flows.delete(instrument)
      }
    }
  }

  /** Partitions were added: from now on trades may be with another member that came here before. */
  restart(): void {
    this.#flows.clear()
    this.#incompleteUntilMs = this.#receivedTimeMs
  }

  /** The book of the instrument is gone. */
  forget(instrument: string): void {
    if (this.#flows.delete(instrument)) this.#incompleteUntilMs = this.#receivedTimeMs
  }

  /** At the bound an instrument with a book takes the place of one without; another is omitted. */
  #create(instrument: string, partition: number): OwnedFlow | undefined {
    if (this.#flows.size >= this.#options.maxInstruments) {
      this.#incompleteUntilMs = this.#receivedTimeMs
      if (!this.#deps.hasBook(instrument) || !this.#makeRoom()) return undefined
    }
    const sinceMs = this.#partitionsSinceMs.get(partition) ?? this.#receivedTimeMs
    const flow = new TradeFlow(
      {
        longestWindowMs: Math.max(...this.#options.windowsMs),
        completeSinceMs: Math.max(sinceMs, this.#incompleteUntilMs),
      },
      this.#deps.onGap,
    )
    const owned = { flow, partition }
    this.#flows.set(instrument, owned)
    return owned
  }

  #makeRoom(): boolean {
    for (const instrument of this.#flows.keys()) {
      if (!this.#deps.hasBook(instrument)) return this.#flows.delete(instrument)
    }
    return false
  }
}

export interface TradeFlowOptions {
  longestWindowMs: number
  /** All trades since are told to this flow; producer's clock, epoch ms. */
  completeSinceMs: number
}

/** The trades of one instrument, each once, and what they say over windows. */
export class TradeFlow {
  readonly #windows: TradeWindows
  readonly #onGap: () => void
  #last: TradePoint | null = null
  #lastTrade: LastTrade | null = null

  /** @param onGap called for each hole in the numbers of the trades */
  constructor(options: TradeFlowOptions, onGap: () => void) {
    this.#windows = new TradeWindows(options.longestWindowMs)
    this.#windows.start(options.completeSinceMs)
    this.#onGap = onGap
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
   * Takes a trade; false where it was seen before.
   * @param receivedTimeMs receipt of the trade's frame by the producer, epoch ms
   */
  apply(trade: Trade, receivedTimeMs: number): boolean {
    const result = checkTrade(this.#last, trade)
    if (result === 'duplicate') return false
    if (result === 'gap') {
      this.#onGap()
      this.#windows.start(receivedTimeMs)
    }
    this.#last = { tradeSeq: trade.tradeSeq, exchangeTimeMs: trade.exchangeTimeMs }
    // They have a number like all others, but took nothing from this book.
    if (trade.isBlock || trade.isComboLeg) return true
    const { price, amount, side, exchangeTimeMs } = trade
    this.#windows.accept(trade, { exchangeTimeMs, verifiedTimeMs: receivedTimeMs })
    this.#lastTrade = { price, amount, side, exchangeTimeMs }
    return true
  }

  /** @param coveredMs as much of the window as the windows of the book cover */
  read(at: EventTime, coveredMs: number): TradeWindowNumbers {
    return this.#windows.read(at, coveredMs)
  }
}
