import { isCovered } from '../market/instrument.ts'
import type { Exchange, Market } from '../market/market.ts'
import { type Call, optionalText, textParam } from './request.ts'
import { invalidParams } from './envelope.ts'
import { float } from '../wire/json.ts'

/** Currencies that the exchange lists even without an instrument. */
const NAMES: Readonly<Record<string, string>> = {
  BTC: 'Bitcoin',
  ETH: 'Ethereum',
  USDC: 'USD Coin',
  USDT: 'Tether USD',
  EURR: 'StablR Euro',
  SOL: 'Solana',
  XRP: 'XRP',
  PAXG: 'Paxos Gold',
  BNB: 'Binance Coin',
}
/** Blockchain of a coin, if it is named differently. */
const COIN_TYPES: Readonly<Record<string, string>> = { BTC: 'BITCOIN', ETH: 'ETHER' }

/** Returns every currency of the exchange: the fixed list and those of its instruments. */
export function currenciesOf(exchange: Exchange): string[] {
  const currencies = new Set(Object.keys(NAMES))
  for (const { instrument } of exchange.markets.values()) {
    currencies.add(instrument.base)
    if (instrument.quote !== 'USD') currencies.add(instrument.quote)
  }
  return [...currencies]
}

function isListed(currency: string, exchange: Exchange): boolean {
  return currenciesOf(exchange).includes(currency)
}

/** The currency object of `public/get_currencies`. */
export function describeCurrency(currency: string): object {
  return {
    coin_type: COIN_TYPES[currency] ?? currency,
    currency,
    currency_long: NAMES[currency] ?? currency,
    decimals: 6,
    fee_precision: 4,
    in_cross_collateral_pool: false,
    min_confirmations: 1,
    min_withdrawal_fee: float(0.0001),
    withdrawal_fee: float(0.0001),
    withdrawal_priorities: [],
  }
}

const KINDS = ['future', 'option', 'spot', 'future_combo', 'option_combo', 'combo', 'any']

/** Returns the market of `instrument_name`. @throws RpcError -32602 */
export function marketOf({ params, context }: Call): Market {
  const name = textParam(params, 'instrument_name')
  const market = context.exchange.markets.get(name)
  if (market === undefined) throw invalidParams('instrument_name', 'instrument not found')
  return market
}

/**
 * Returns the markets that `currency` and `kind` select; both are optional.
 * @throws RpcError -32602
 */
export function selectedMarkets(call: Call): Market[] {
  const { params, context } = call
  const currency = optionalText(params, 'currency') ?? 'any'
  const kind = optionalText(params, 'kind') ?? 'any'
  if (!KINDS.includes(kind)) throw invalidParams('kind', 'invalid value')
  if (currency !== 'any' && !isListed(currency, context.exchange)) {
    throw invalidParams('currency', 'invalid currency')
  }
  return [...context.exchange.markets.values()].filter(({ instrument }) =>
    isCovered(instrument, kind, currency),
  )
}

/** Like `selectedMarkets`, for methods that require one currency: `any` is rejected. */
export function marketsOfCurrency(call: Call): Market[] {
  if (textParam(call.params, 'currency') === 'any') {
    throw invalidParams('currency', 'invalid currency')
  }
  return selectedMarkets(call)
}
