import type { Level } from '../model/frame.ts'
import type { InstrumentState } from './instrument.ts'
import type { Market } from './market.ts'
import type { TopsHistory, Top } from './tops-history.ts'

/** The exchange's own book at this moment: what a client should show, delays aside. */
export interface Reference {
  readonly instrument: string
  readonly state: InstrumentState
  readonly changeId: number
  /** Exchange time of the last change, epoch ms. */
  readonly timestampMs: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
  /** Oldest first; the last one is the present top. */
  readonly tops: readonly Top[]
}

export function referenceOf(market: Market, history: TopsHistory | undefined): Reference {
  return {
    instrument: market.instrument.name,
    state: market.state,
    changeId: market.changeId,
    timestampMs: market.timestampMs,
    bids: market.book.bids.top(Infinity),
    asks: market.book.asks.top(Infinity),
    tops: history?.tops() ?? [],
  }
}
