import type { Level } from './frames.ts'
import type { StateView } from './status.ts'

export interface PriceAmount {
  readonly price: number
  readonly amount: number
}

/** The numbers that one book gives at one moment. null = absent. Amounts in Deribit's unit of the instrument. */
export interface BookNumbers {
  readonly bestBid: PriceAmount | null
  readonly bestAsk: PriceAmount | null
  readonly midPrice: number | null
  readonly weightedMidPrice: number | null
  readonly spread: number | null
  /** Spread over mid-price, a ratio. */
  readonly spreadRatio: number | null
  /** Imbalance in [-1, 1] by depth, one entry per configured depth, in that order. */
  readonly imbalances: readonly (number | null)[]
}

/** The numbers of a book that take longer to compute, or to write, than the others. */
export interface DetailNumbers {
  /** One entry per configured band, in that order. */
  readonly bands: readonly BandNumbers[]
  /** One entry per configured window, in that order. */
  readonly windows: readonly WindowNumbers[]
}

/** Everything the readers may know of one instrument. */
export interface InstrumentView extends StateView {
  readonly instrument: string
  /** Exchange time of the last accepted snapshot or change, epoch ms; null before the first. */
  readonly lastUpdateMs: number | null
  /** Newest verified-at, local wall clock, epoch ms; null before the first proof. */
  readonly verifiedTimeMs: number | null
  readonly updatesTotal: number
}

/**
 * One atomic reading of a book without levels and windows, whatever its state. Only a `live` one may
 * be shown as current.
 */
export interface SummaryView extends InstrumentView, BookNumbers {
  /** Unit of every amount; null where this process was not told. */
  readonly amountUnit: string | null
  readonly changeId: number
  readonly exchangeTimeMs: number
  /** By the producer; of a book that a checkpoint repeated when that was sent. */
  readonly receivedTimeMs: number
  readonly publishedTimeMs: number
  /** Exchange time to now on the exchange's clock; null while its offset is unknown. */
  readonly ageMs: number | null
  readonly bands: readonly BandNumbers[]
  /** null where no trade was seen. */
  readonly lastTrade: LastTrade | null
  /** Levels known per side, before any cut by depth. */
  readonly bidLevels: number
  readonly askLevels: number
  readonly lagMs: {
    readonly exchangeToReceive: number | null
    readonly receiveToPublish: number | null
    readonly total: number | null
  }
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: string }
}

/** One atomic reading of a book with levels and windows, whatever its state. */
export interface SnapshotView extends SummaryView {
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
  readonly windows: readonly WindowNumbers[]
}

/** What the lists of numbers stand for, each ascending as configured. */
export interface NumberAxes {
  readonly imbalanceDepths: readonly number[]
  /** Basis points around the mid-price. */
  readonly bandsBps: readonly number[]
  readonly windowsMs: readonly number[]
}

/** What HTTP and the metrics read. Every call checks the books at the moment of the call. */
export interface SnapshotReader extends NumberAxes {
  /** Every instrument that this process answers for, by name. */
  instruments(): readonly InstrumentView[]
  /** One instrument's state; undefined where the name is not ours. */
  instrument(name: string): InstrumentView | undefined
  /**
   * One book with at most `depth` levels a side; null where it has no snapshot yet,
   * undefined where the name is not ours.
   */
  snapshot(name: string, depth: number): SnapshotView | null | undefined
  /** The same without levels and windows. */
  summary(name: string): SummaryView | null | undefined
  /** Whether a well-formed name belongs to a partition that is not ours, and to which. */
  foreignPartition(name: string): number | undefined
}

/** Depth within so many basis points of the mid-price. Amounts in Deribit's unit of the instrument. */
export interface BandNumbers {
  /** Sum of the bid amounts in the band; null where the band is not covered. */
  readonly bid: number | null
  readonly ask: number | null
  /** (bid - ask)/(bid + ask); null where a side is, or where both are 0. */
  readonly imbalance: number | null
  /** False where the exchange may have levels of the band that it did not show. */
  readonly bidCovered: boolean
  readonly askCovered: boolean
}

/** What the window (t - W, t] of a book says; everything but `coverage` is null below a half of it. */
export interface BookWindowNumbers {
  /** Share of the window since the last restart, 0 to 1. */
  readonly coverage: number
  /** Sum of the order flow of the events, in the amount unit; 0 without events. */
  readonly orderFlowImbalance: number | null
  /** The same over the mean depth of the top at the events. */
  readonly orderFlowImbalanceRatio: number | null
  /** Annualised, a ratio; also null for windows below 10 s and below 5 returns. */
  readonly realizedVolatility: number | null
  /** Of the imbalance of the best level, the value at the window's start included. */
  readonly imbalanceMin: number | null
  readonly imbalanceMax: number | null
  /** Time-weighted. */
  readonly imbalanceMean: number | null
}

/** What the trades of a window say; all null where there is none, or where some may be missing. */
export interface TradeWindowNumbers {
  /** (buy - sell)/(buy + sell) of the volumes by taker side, -1 to 1. */
  readonly tradeFlowImbalance: number | null
  readonly buyVolume: number | null
  readonly sellVolume: number | null
  readonly tradeCount: number | null
}

export type WindowNumbers = BookWindowNumbers & TradeWindowNumbers

/** The newest trade on the book. */
export interface LastTrade {
  readonly price: number
  readonly amount: number
  /** Of the taker. */
  readonly side: 'buy' | 'sell'
  readonly exchangeTimeMs: number
}

/** How a window is written in labels and JSON: `10s`, `60s`; `250ms` where it is no whole seconds. */
export function windowName(windowMs: number): string {
  return windowMs % 1000 === 0 ? `${windowMs / 1000}s` : `${windowMs}ms`
}
