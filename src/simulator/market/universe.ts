import { AppError } from '../../errors.ts'
import { type Instrument, type InstrumentKind, NO_EXPIRATION_MS } from './instrument.ts'
import { PriceGrid, type TickStep } from './random.ts'

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
 * @throws AppError `ERR_USAGE` naming each instrument that does not follow Deribit's naming
 */
export function makeUniverse(
  wanted: readonly string[] | number | undefined,
  nowMs: number,
): Instrument[] {
  const names = typeof wanted === 'object' ? wanted : firstNames(wanted ?? DEFAULT_COUNT, nowMs)
  return [...new Set(names)].map((name, index) => {
    const instrument = instrumentOf(name, 100_000 + index)
    if (instrument !== null) return instrument
    const problem = `--instruments=${name}: expected names such as BTC-PERPETUAL, BTC_USDC, BTC-25DEC26-90000-C, or a count`
    throw new AppError('ERR_USAGE', problem, { context: { problems: [problem] } })
  })
}

/** Returns the first name of the built-in list that is not in use. */
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

/**
 * Returns the strikes of one ring around the money: ring 0 is at the money, ring 1 the next ones
 * out.
 */
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

/** Start prices in dollars; the price of any other coin is derived from its name. */
const COIN_PRICES: Readonly<Record<string, number>> = {
  BTC: 77_000,
  ETH: 2_580,
  SOL: 148.5,
  XRP: 0.62,
  PAXG: 3_950,
  BNB: 612,
  USDC: 1,
  USDT: 1,
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')
const PATTERN =
  /^(?<base>[A-Z0-9]{2,12})(?:_(?<quote>USDC|USDT|USD|EURR|BTC|ETH))?(?:-(?:(?<perpetual>PERPETUAL)|(?<day>[1-9]|[12]\d|3[01])(?<month>[A-Z]{3})(?<year>\d\d)(?:-(?<strike>\d+(?:d\d+)?)-(?<type>[CP]))?))?$/

/** Expiries are at 08:00 UTC. */
const EXPIRY_HOUR = 8

/** `25DEC26`: no leading zero, always English. */
function expiryText(expirationMs: number): string {
  const date = new Date(expirationMs)
  const year = String(date.getUTCFullYear() % 100).padStart(2, '0')
  return `${date.getUTCDate()}${MONTHS[date.getUTCMonth()]}${year}`
}

/**
 * Creates an instrument from its name, with the units, ticks and sizes that the exchange uses for
 * its kind; null if the name does not follow Deribit's naming.
 */
export function instrumentOf(name: string, id: number): Instrument | null {
  const parts = PATTERN.exec(name)?.groups
  const { base, quote, perpetual, day, month, year, strike, type } = parts ?? {}
  if (base === undefined) return null
  const monthIndex = month === undefined ? 0 : MONTHS.indexOf(month)
  if (monthIndex < 0) return null
  const isDated = day !== undefined
  const kind = kindOf(isDated || perpetual !== undefined, strike)
  if (kind === 'spot' && quote === undefined) return null
  const isLinear = quote !== undefined
  const coinPrice =
    coinPriceOf(base) / (quote === 'BTC' || quote === 'ETH' ? coinPriceOf(quote) : 1)
  const option =
    strike === undefined
      ? null
      : { type: type === 'P' ? ('put' as const) : ('call' as const), strike: strikeOf(strike) }
  const startPrice = option === null ? coinPrice : optionPrice(option, coinPrice, isLinear)
  return {
    name,
    id,
    kind,
    isLinear,
    base,
    quote: quote ?? (option === null ? 'USD' : base),
    settlement: kind === 'spot' ? null : (quote ?? base),
    settlementPeriod: periodOf(kind, perpetual !== undefined),
    priceIndex: `${base}_${quote ?? 'USD'}`.toLowerCase(),
    grid: gridOf({ base, isLinear, isDated, isOption: option !== null, startPrice }),
    contractSize: sizeOf(base, isLinear, option !== null),
    amountStep: option !== null && !isLinear ? 0.1 : sizeOf(base, isLinear, option !== null),
    creationMs: Date.UTC(2018, 7, 14),
    expirationMs: expirationOf(day, monthIndex, year),
    option,
    startPrice,
    levelsPerSide: levelsOf(kind, base, isDated),
  }
}

function kindOf(hasExpiry: boolean, strike: string | undefined): InstrumentKind {
  if (strike !== undefined) return 'option'
  return hasExpiry ? 'future' : 'spot'
}

function periodOf(kind: InstrumentKind, isPerpetual: boolean): 'perpetual' | 'week' | null {
  if (kind === 'spot') return null
  return isPerpetual ? 'perpetual' : 'week'
}

/** `0d625` is 0.625. */
function strikeOf(text: string): number {
  return Number(text.replace('d', '.'))
}

function expirationOf(day: string | undefined, month: number, year: string | undefined): number {
  if (day === undefined) return NO_EXPIRATION_MS
  return Date.UTC(2000 + Number(year), month, Number(day), EXPIRY_HOUR)
}

function coinPriceOf(coin: string): number {
  let sum = 7
  for (const letter of coin) sum = (sum * 31 + letter.charCodeAt(0)) % 997
  return COIN_PRICES[coin] ?? 1 + sum / 10
}

/** Intrinsic value and a little time value; in coin for inverse options, in dollars for linear ones. */
function optionPrice(
  option: { type: 'call' | 'put'; strike: number },
  coinPrice: number,
  isLinear: boolean,
): number {
  const distance = option.type === 'call' ? coinPrice - option.strike : option.strike - coinPrice
  const time = 0.04 * coinPrice * Math.exp(-Math.abs(distance) / (0.12 * coinPrice))
  const dollars = Math.max(distance, 0) + time
  return isLinear ? dollars : dollars / coinPrice
}

interface GridFacts {
  base: string
  isLinear: boolean
  isDated: boolean
  isOption: boolean
  startPrice: number
}

function gridOf({ base, isLinear, isDated, isOption, startPrice }: GridFacts): PriceGrid {
  if (isOption && !isLinear) {
    const step: TickStep = { abovePrice: 0.005, tickSize: 0.0005 }
    return new PriceGrid(0.0001, step)
  }
  if (!isLinear && base === 'BTC') return new PriceGrid(isDated ? 2.5 : 0.5)
  if (!isLinear && base === 'ETH') return new PriceGrid(isDated ? 0.25 : 0.05)
  if (isOption && base === 'BTC') return new PriceGrid(5)
  // The price of an option may be close to 0, so its tick is derived from its coin: a hundred times
  // as wide.
  const power = isOption ? magnitudeOf(coinPriceOf(base)) - 3 : magnitudeOf(startPrice) - 5
  return new PriceGrid(powerOfTen(power))
}

function sizeOf(base: string, isLinear: boolean, isOption: boolean): number {
  if (isOption && !isLinear) return 1
  if (!isLinear) return base === 'BTC' ? 10 : 1
  const magnitude = magnitudeOf(coinPriceOf(base))
  // A lot of options is worth some hundred dollars of the coin: 1000 XRP, 0.01 BTC.
  return powerOfTen(isOption ? 2 - magnitude : -Math.max(0, magnitude))
}

/** Returns the exponent of the power of ten at or below a number: 2 for 148, -1 for 0.62. */
function magnitudeOf(value: number): number {
  return Math.floor(Math.log10(value))
}

/** Computes a power of ten without the rounding error of `10 ** power`. */
function powerOfTen(power: number): number {
  return Number(`1e${power}`)
}

function levelsOf(kind: InstrumentKind, base: string, isDated: boolean): number {
  if (kind === 'option') return 12
  if (kind === 'spot' || isDated) return 24
  return base === 'BTC' || base === 'ETH' ? 60 : 32
}
