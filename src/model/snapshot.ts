import type { BandNumbers, LastTrade, WindowNumbers } from './analytics.ts'
import type { Level } from './frame.ts'
import type { StateView } from './state.ts'

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
  /** Exchange time of the last accepted picture or change, epoch ms; null before the first. */
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

/** What HTTP and the metrics read. Every call judges the books at the moment of the call. */
export interface SnapshotReader extends NumberAxes {
  /** Every instrument that this process answers for, by name. */
  instruments(): readonly InstrumentView[]
  /** One instrument's state; undefined where the name is not ours. */
  instrument(name: string): InstrumentView | undefined
  /**
   * One book with at most `depth` levels a side; null where it has no picture yet,
   * undefined where the name is not ours.
   */
  snapshot(name: string, depth: number): SnapshotView | null | undefined
  /** The same without levels and windows. */
  summary(name: string): SummaryView | null | undefined
  /** Whether a well-formed name belongs to a partition that is not ours, and to which. */
  foreignPartition(name: string): number | undefined
}
