import { AppError } from '../errors.ts'
import { expiryText, instrumentOf } from './instrument-name.ts'
import type { Instrument } from './instrument.ts'

const DAY_MS = 86_400_000
const FRIDAY = 5
const PERPETUALS = [
  'BTC-PERPETUAL',
  'ETH-PERPETUAL',
  'BTC_USDC-PERPETUAL',
  'ETH_USDC-PERPETUAL',
  'SOL_USDC-PERPETUAL',
  'XRP_USDC-PERPETUAL',
]
const SPOTS = ['BTC_USDC', 'ETH_USDC']
/** Strikes as a share of the coin's price, nearest first. */
const STRIKE_STEP = 0.02
const OPTION_COINS = [
  { coin: 'BTC', price: 77_000, strikeUnit: 500 },
  { coin: 'ETH', price: 2_580, strikeUnit: 25 },
] as const
const DEFAULT_COUNT = 16
export const MAX_INSTRUMENTS = 10_000

/**
 * The instruments of a simulated exchange: those named, or the first `count` of a list that holds
 * perpetuals, futures, spot pairs and option chains with expiries on the coming Fridays.
 * @throws AppError `ERR_USAGE` naming what is not one of Deribit's names
 */
export function makeUniverse(
  wanted: readonly string[] | number | undefined,
  nowMs: number,
): Instrument[] {
  const names = typeof wanted === 'object' ? wanted : firstNames(wanted ?? DEFAULT_COUNT, nowMs)
  return [...new Set(names)].map((name, index) => {
    const instrument = instrumentOf(name, 100_000 + index)
    if (instrument !== null) return instrument
    const problem = `--instruments=${name}: allowed are names such as BTC-PERPETUAL, BTC_USDC, BTC-25DEC26-90000-C, or a count`
    throw new AppError('ERR_USAGE', problem, { context: { problems: [problem] } })
  })
}

/** First name of the built-in list that is not taken. */
export function nextName(used: ReadonlyMap<string, unknown>, nowMs: number): string {
  const names = firstNames(used.size + PERPETUALS.length + SPOTS.length + 3, nowMs)
  return names.find((name) => !used.has(name)) ?? 'NEW_USDC-PERPETUAL'
}

function firstNames(count: number, nowMs: number): string[] {
  const names = new Set<string>([...PERPETUALS, ...SPOTS])
  const expiries = fridaysAfter(nowMs)
  for (const coin of ['BTC', 'ETH']) names.add(`${coin}-${expiries[0]}`)
  for (let ring = 0; names.size < count; ring += 1) {
    for (const expiry of expiries) addOptions(names, expiry, ring)
  }
  return [...names].slice(0, count)
}

/** The strikes of one ring around the money: ring 0 is at the money, ring 1 the next ones out. */
function addOptions(names: Set<string>, expiry: string, ring: number): void {
  for (const { coin, price, strikeUnit } of OPTION_COINS) {
    for (const side of ring === 0 ? [1] : [1, -1]) {
      const strike = strikeUnit * Math.round((price * (1 + side * ring * STRIKE_STEP)) / strikeUnit)
      if (strike <= 0) continue
      names.add(`${coin}-${expiry}-${strike}-C`)
      names.add(`${coin}-${expiry}-${strike}-P`)
    }
  }
}

function fridaysAfter(nowMs: number): string[] {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS
  const toFriday = (FRIDAY - new Date(today).getUTCDay() + 7) % 7 || 7
  return Array.from({ length: 30 }, (_, week) => expiryText(today + (toFriday + 7 * week) * DAY_MS))
}
