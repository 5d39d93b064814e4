import { isListed } from '../market/currencies.ts'
import { isCovered } from '../market/instrument.ts'
import type { Market } from '../market/market.ts'
import { type Call, optionalText, textParam } from './request.ts'
import { invalidParams } from './rpc-error.ts'

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
