import type { Interval } from '../market/market.ts'

/** A parsed channel name. */
export type ChannelName =
  | {
      kind: 'grouped'
      instrument: string
      group: number | null
      depth: number
      interval: Interval
    }
  | { kind: 'incremental'; instrument: string; interval: Interval }
  | { kind: 'trades'; instrument: string; interval: Interval }
  | { kind: 'trades_of_kind'; instrumentKind: string; currency: string; interval: Interval }
  | { kind: 'ticker'; instrument: string; interval: Interval }
  | { kind: 'quote'; instrument: string }
  | { kind: 'price_index'; index: string }
  | { kind: 'instrument_state'; instrumentKind: string; currency: string }
  | { kind: 'instrument_creation'; instrumentKind: string; currency: string }
  | { kind: 'platform_state' }
  | { kind: 'public_methods_state' }

const KINDS = new Set(['future', 'option', 'spot', 'future_combo', 'option_combo', 'any'])
const CURRENCIES = new Set(['BTC', 'ETH', 'USDC', 'USDT', 'EURR', 'any'])
const DEPTHS = new Set(['1', '10', '20'])
const GROUPS_BTC = new Set(['1', '2', '5', '10'])
/** In hundredths: `5` means 0.05. */
const GROUPS_ETH = new Set(['5', '10', '25', '100', '250'])

/** Parses a channel name; null if the exchange would silently omit the channel from its answer. */
export function parseChannelName(name: string): ChannelName | null {
  const [family, ...rest] = name.split('.')
  switch (family) {
    case 'book':
      return parseBook(rest)
    case 'trades':
      return parseTrades(rest)
    case 'ticker': {
      const [instrument, interval] = rest
      return rest.length === 2 && instrument !== undefined && isInterval(interval)
        ? { kind: 'ticker', instrument, interval }
        : null
    }
    case 'quote':
      return rest.length === 1 && rest[0] !== undefined
        ? { kind: 'quote', instrument: rest[0] }
        : null
    case 'deribit_price_index':
      return rest.length === 1 && rest[0] !== undefined
        ? { kind: 'price_index', index: rest[0] }
        : null
    case 'instrument':
      return parseInstrumentEvents(rest)
    case 'platform_state':
      if (rest.length === 0) return { kind: 'platform_state' }
      return rest.join('.') === 'public_methods_state' ? { kind: 'public_methods_state' } : null
    case undefined:
    default:
      return null
  }
}

function isInterval(text: string | undefined): text is Interval {
  return text === 'raw' || text === '100ms' || text === 'agg2'
}

function parseBook(rest: readonly string[]): ChannelName | null {
  const [instrument = '', second, depth = '', interval] = rest
  if (rest.length === 2) {
    return isInterval(second) ? { kind: 'incremental', instrument, interval: second } : null
  }
  if (rest.length !== 4 || second === undefined || !DEPTHS.has(depth)) return null
  if (!isInterval(interval)) return null
  const group = groupOf(instrument, second)
  if (group === undefined) return null
  return { kind: 'grouped', instrument, group, depth: Number(depth), interval }
}

/** Groups are documented for BTC and ETH only; `none` is valid for every instrument. */
function groupOf(instrument: string, text: string): number | null | undefined {
  if (text === 'none') return null
  if (instrument.startsWith('BTC-') && GROUPS_BTC.has(text)) return Number(text)
  if (instrument.startsWith('ETH-') && GROUPS_ETH.has(text)) return Number(text) / 100
  return undefined
}

function parseTrades(rest: readonly string[]): ChannelName | null {
  const interval = rest.at(-1)
  if (!isInterval(interval)) return null
  const [first = '', second = ''] = rest
  if (rest.length === 2) return { kind: 'trades', instrument: first, interval }
  if (rest.length !== 3 || !KINDS.has(first) || !CURRENCIES.has(second)) return null
  return { kind: 'trades_of_kind', instrumentKind: first, currency: second, interval }
}

function parseInstrumentEvents(rest: readonly string[]): ChannelName | null {
  const [event, instrumentKind = '', currency = ''] = rest
  if (rest.length !== 3 || !KINDS.has(instrumentKind) || !CURRENCIES.has(currency)) return null
  if (event === 'state') return { kind: 'instrument_state', instrumentKind, currency }
  return event === 'creation' ? { kind: 'instrument_creation', instrumentKind, currency } : null
}

/** Whether a channel needs a login: every `raw` interval does. */
export function needsLogin(name: string): boolean {
  return name.endsWith('.raw')
}
