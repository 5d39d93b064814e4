import type { Static } from 'typebox'
import type { Level } from '../../model/frames.ts'
import {
  type BandNumbers,
  type InstrumentView,
  type LastTrade,
  type NumberAxes,
  type PriceAmount,
  type SnapshotView,
  type SummaryView,
  windowName,
  type WindowNumbers,
} from '../../model/snapshot.ts'
import { finite } from './schema-types.ts'
import { mapSnapshotSignals } from './signals-json.ts'
import type {
  BandSchema,
  LastTradeSchema,
  SnapshotSchema,
  SummarySchema,
  WindowSchema,
} from './snapshot.ts'

/** Version of the definitions of the values; changes with every changed formula. */
export const DEFINITIONS = '1'

export type SummaryJson = Static<typeof SummarySchema>
export type SnapshotJson = Static<typeof SnapshotSchema>

/** Maps one book with its levels, in any state. */
export function mapSnapshot(view: SnapshotView, axes: NumberAxes): SnapshotJson {
  return {
    ...mapSummary(view, axes),
    windows: mapWindows(axes.windowsMs, view.windows),
    signals: mapSnapshotSignals(view.signals),
    bids: mapLevels(view.bids),
    asks: mapLevels(view.asks),
  }
}

/** Maps one book without its levels and windows. */
export function mapSummary(view: SummaryView, axes: NumberAxes): SummaryJson {
  const { lagMs, source } = view
  return {
    ...mapMarketless(view, axes),
    amountUnit: view.amountUnit,
    changeId: finite(view.changeId),
    exchangeTimeMs: finite(view.exchangeTimeMs),
    receivedTimeMs: finite(view.receivedTimeMs),
    publishedTimeMs: finite(view.publishedTimeMs),
    ageMs: finite(view.ageMs),
    bestBid: mapPriceAmount(view.bestBid),
    bestAsk: mapPriceAmount(view.bestAsk),
    midPrice: finite(view.midPrice),
    weightedMidPrice: finite(view.weightedMidPrice),
    spread: finite(view.spread),
    spreadRatio: finite(view.spreadRatio),
    imbalance: mapImbalance(axes.imbalanceDepths, view.imbalances),
    levels: { bid: finite(view.bidLevels), ask: finite(view.askLevels) },
    bands: mapBands(axes.bandsBps, view.bands),
    lastTrade: mapLastTrade(view.lastTrade),
    lagMs: {
      exchangeToReceive: finite(lagMs.exchangeToReceive),
      receiveToPublish: finite(lagMs.receiveToPublish),
      total: finite(lagMs.total),
    },
    source: { ...source },
  }
}

/** Maps an instrument whose book has no current values. */
export function mapMarketless(view: InstrumentView, axes: NumberAxes): SummaryJson {
  return {
    instrument: view.instrument,
    state: view.state,
    reason: view.reason,
    sinceMs: view.sinceMs,
    amountUnit: null,
    changeId: null,
    exchangeTimeMs: finite(view.lastUpdateMs),
    receivedTimeMs: null,
    publishedTimeMs: null,
    verifiedTimeMs: finite(view.verifiedTimeMs),
    ageMs: null,
    bestBid: null,
    bestAsk: null,
    midPrice: null,
    weightedMidPrice: null,
    spread: null,
    spreadRatio: null,
    imbalance: mapImbalance(axes.imbalanceDepths, []),
    levels: { bid: null, ask: null },
    bands: mapBands(axes.bandsBps, []),
    lastTrade: null,
    lagMs: { exchangeToReceive: null, receiveToPublish: null, total: null },
    source: null,
    definitions: DEFINITIONS,
  }
}

function mapPriceAmount(best: PriceAmount | null): PriceAmount | null {
  return best !== null && Number.isFinite(best.price) && Number.isFinite(best.amount) ? best : null
}

function mapLevels(levels: readonly Level[]): [number, number][] {
  return levels
    .filter(([price, amount]) => Number.isFinite(price) && Number.isFinite(amount))
    .map(([price, amount]) => [price, amount])
}

function mapImbalance(
  depths: readonly number[],
  imbalances: readonly (number | null)[],
): Record<string, number | null> {
  return Object.fromEntries(
    depths.map((depth, index) => [String(depth), finite(imbalances[index] ?? null)]),
  )
}

type BandJson = Static<typeof BandSchema>
type WindowJson = Static<typeof WindowSchema>

/** Maps bands by basis points. Every configured band is present; without values its fields are null. */
function mapBands(
  bandsBps: readonly number[],
  bands: readonly BandNumbers[],
): Record<string, BandJson> {
  return Object.fromEntries(bandsBps.map((bps, index) => [String(bps), mapBand(bands[index])]))
}

function mapBand(band: BandNumbers | undefined): BandJson {
  return {
    bid: finite(band?.bid ?? null),
    ask: finite(band?.ask ?? null),
    imbalance: finite(band?.imbalance ?? null),
    bidCovered: band?.bidCovered ?? null,
    askCovered: band?.askCovered ?? null,
  }
}

/** Maps windows by name, such as `10s`. */
export function mapWindows(
  windowsMs: readonly number[],
  windows: readonly WindowNumbers[],
): Record<string, WindowJson> {
  return Object.fromEntries(
    windowsMs.flatMap((windowMs, index) => {
      const window = windows[index]
      return window === undefined ? [] : [[windowName(windowMs), mapWindow(window)]]
    }),
  )
}

function mapWindow(window: WindowNumbers): WindowJson {
  return {
    orderFlowImbalance: finite(window.orderFlowImbalance),
    orderFlowImbalanceRatio: finite(window.orderFlowImbalanceRatio),
    tradeFlowImbalance: finite(window.tradeFlowImbalance),
    buyVolume: finite(window.buyVolume),
    sellVolume: finite(window.sellVolume),
    tradeCount: finite(window.tradeCount),
    realizedVolatility: finite(window.realizedVolatility),
    imbalanceMin: finite(window.imbalanceMin),
    imbalanceMax: finite(window.imbalanceMax),
    imbalanceMean: finite(window.imbalanceMean),
    coverage: finite(window.coverage),
  }
}

function mapLastTrade(trade: LastTrade | null): Static<typeof LastTradeSchema> {
  if (trade === null) return null
  const { price, amount, exchangeTimeMs } = trade
  return [price, amount, exchangeTimeMs].every(Number.isFinite) ? { ...trade } : null
}
