import type { Level } from './frames.ts'
import type { CalibrationDecile, SignalAxes, SignalCounts, SignalNumbers } from './signals.ts'
import type { StateView } from './status.ts'

export interface PriceAmount {
  readonly price: number
  readonly amount: number
}

/** Numbers of one book at one time. null = absent. Amounts in Deribit's unit of the instrument. */
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

/** Numbers of a book that are more expensive to compute or write. */
export interface DetailNumbers {
  /** One entry per configured band, in that order. */
  readonly bands: readonly BandNumbers[]
  /** One entry per configured window, in that order. */
  readonly windows: readonly WindowNumbers[]
}

/** Data of an instrument that is available in every state. */
export interface InstrumentView extends StateView {
  readonly instrument: string
  /** Exchange time of the last accepted snapshot or change, epoch ms; null before the first. */
  readonly lastUpdateMs: number | null
  /**
   * Newest verified-at by the producer's wall clock, not after its arrival, epoch ms; null before
   * any.
   */
  readonly verifiedTimeMs: number | null
  readonly updatesTotal: number
}

/**
 * One atomic reading of a book without levels and windows, whatever its state. Only a `live` one
 * may be shown as current.
 */
export interface SummaryView extends InstrumentView, BookNumbers {
  /** Unit of every amount; null if unknown to this process. */
  readonly amountUnit: string | null
  readonly changeId: number
  readonly exchangeTimeMs: number
  /** Receipt by the producer, epoch ms; for a book from a checkpoint, when that was sent. */
  readonly receivedTimeMs: number
  readonly publishedTimeMs: number
  /** Age of the exchange time by the exchange's clock, ms; null while the offset is unknown. */
  readonly ageMs: number | null
  readonly bands: readonly BandNumbers[]
  /** null before the first trade. */
  readonly lastTrade: LastTrade | null
  /** Known levels per side, before limiting by depth. */
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
  /** null while signals are off. */
  readonly signals: SignalNumbers | null
}

/** One reading of the signals of one instrument, whatever its state. */
export interface SignalsView extends InstrumentView {
  readonly axes: SignalAxes
  readonly counts: SignalCounts
  /** null if the book is not live, as are the calibrations. */
  readonly numbers: SignalNumbers | null
  /** By horizon and depth; null below 100 effective cases. */
  readonly calibrations: readonly (readonly (readonly CalibrationDecile[] | null)[])[] | null
}

/** Parameters of the lists of numbers, each ascending as configured. */
export interface NumberAxes {
  readonly imbalanceDepths: readonly number[]
  /** Basis points around the mid-price. */
  readonly bandsBps: readonly number[]
  readonly windowsMs: readonly number[]
}

/** Read access for HTTP and metrics. Every call evaluates the books at the time of the call. */
export interface SnapshotReader extends NumberAxes {
  /** Every instrument of this process, by name. */
  instruments(): readonly InstrumentView[]
  /** State of one instrument; undefined for an unknown name. */
  instrument(name: string): InstrumentView | undefined
  /**
   * One book with at most `depth` levels per side; null before its first snapshot, undefined for an
   * unknown name.
   */
  snapshot(name: string, depth: number): SnapshotView | null | undefined
  /** The same without levels and windows. */
  summary(name: string): SummaryView | null | undefined
  /**
   * Signals of one instrument with their calibration; null while signals are off, undefined for an
   * unknown name.
   */
  signals(name: string): SignalsView | null | undefined
  /** Parameters of the signals; null if they are never measured. */
  readonly signalAxes: SignalAxes | null
  /** Partition of a well-formed name that another member owns; undefined otherwise. */
  foreignPartition(name: string): number | undefined
}

/**
 * Depth within a number of basis points of the mid-price. Amounts in Deribit's unit of the
 * instrument.
 */
export interface BandNumbers {
  /** Sum of the bid amounts in the band; null if the band is not covered. */
  readonly bid: number | null
  readonly ask: number | null
  /** (bid - ask)/(bid + ask); null if a side is null, or both are 0. */
  readonly imbalance: number | null
  /** False if the exchange may have levels in the band that it did not send. */
  readonly bidCovered: boolean
  readonly askCovered: boolean
}

/** Numbers of a book over the window (t - W, t]; all but `coverage` are null below 0.5 coverage. */
export interface BookWindowNumbers {
  /** Covered share of the window since the last restart, 0 to 1. */
  readonly coverage: number
  /** Sum of the order flow of the events, in the amount unit; 0 without events. */
  readonly orderFlowImbalance: number | null
  /** The same divided by the mean depth of the top at the events. */
  readonly orderFlowImbalanceRatio: number | null
  /** Annualised, a ratio; null for windows below 10 s and for fewer than 5 returns. */
  readonly realizedVolatility: number | null
  /** Minimum imbalance of the best level, including the value at the window's start. */
  readonly imbalanceMin: number | null
  readonly imbalanceMax: number | null
  /** Time-weighted. */
  readonly imbalanceMean: number | null
}

/** Numbers of the trades in a window; all null without trades, or if trades may be missing. */
export interface TradeWindowNumbers {
  /** (buy - sell)/(buy + sell) of the volumes by taker side, -1 to 1. */
  readonly tradeFlowImbalance: number | null
  readonly buyVolume: number | null
  readonly sellVolume: number | null
  readonly tradeCount: number | null
}

export type WindowNumbers = BookWindowNumbers & TradeWindowNumbers

/** A window without numbers of the book. `coverage` is the covered share, NaN where it is unknown. */
export function absentBookWindow(coverage: number): BookWindowNumbers {
  return {
    coverage,
    orderFlowImbalance: null,
    orderFlowImbalanceRatio: null,
    realizedVolatility: null,
    imbalanceMin: null,
    imbalanceMax: null,
    imbalanceMean: null,
  }
}

/** A window without numbers of the trades. */
export const ABSENT_TRADE_WINDOW: TradeWindowNumbers = {
  tradeFlowImbalance: null,
  buyVolume: null,
  sellVolume: null,
  tradeCount: null,
}

/** The newest trade on the book. */
export interface LastTrade {
  readonly price: number
  readonly amount: number
  /** Side of the taker. */
  readonly side: 'buy' | 'sell'
  readonly exchangeTimeMs: number
}

/**
 * Formats a window for labels and JSON: `10s`, `60s`; `250ms` if it is not a whole number of
 * seconds.
 */
export function windowName(windowMs: number): string {
  return windowMs % 1000 === 0 ? `${windowMs / 1000}s` : `${windowMs}ms`
}
