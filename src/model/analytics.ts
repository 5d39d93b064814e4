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
