import type { Static } from 'typebox'
import type { BandNumbers, LastTrade, WindowNumbers } from '../model/analytics.ts'
import { windowName } from '../model/window-name.ts'
import { finite } from './finite.ts'
import type { BandSchema, LastTradeSchema, WindowSchema } from './detail-schema.ts'

type BandJson = Static<typeof BandSchema>
type WindowJson = Static<typeof WindowSchema>

/** Bands by basis points; every configured one is there, absent where `bands` has none. */
export function mapBands(
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

/** Windows by name, such as `10s`. */
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

export function mapLastTrade(trade: LastTrade | null): Static<typeof LastTradeSchema> {
  if (trade === null) return null
  const { price, amount, exchangeTimeMs } = trade
  return [price, amount, exchangeTimeMs].every(Number.isFinite) ? { ...trade } : null
}
