import type { TradesFrame } from '../model/frame.ts'
import { TradeFlow } from './trade-flow.ts'

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
 * picture of their book, so they are kept by name beside the books.
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

  /** At the bound an instrument with a book takes the place of one without; another is left out. */
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
