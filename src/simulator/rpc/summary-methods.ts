import { markPriceOf, tickerFields, topOf } from '../channels/ticker-streams.ts'
import { currenciesOf, describeCurrency } from '../market/currencies.ts'
import { indexPricesOf } from '../market/index-prices.ts'
import type { Market } from '../market/market.ts'
import { float, type WireFloat } from '../wire/json.ts'
import { marketOf, marketsOfCurrency } from './market-params.ts'
import { type Call, flagParam, type RequestMethods, textParam } from './request.ts'
import { invalidParams } from './rpc-error.ts'

/** Fields that a book summary shares with the ticker, if the ticker has them. */
const SHARED_FIELDS = [
  'open_interest',
  'current_funding',
  'funding_8h',
  'mark_iv',
  'interest_rate',
  'underlying_index',
  'underlying_price',
] as const

/** Creates the book summary object. Unlike in the ticker, an empty side is null. */
function describeSummary(market: Market, nowMs: number): object {
  const { instrument } = market
  const ticker = tickerFields(market)
  const { bidPrice, askPrice } = topOf(market)
  const price = (value: number): WireFloat | null => (value === 0 ? null : float(value))
  const hasMid = bidPrice !== 0 && askPrice !== 0
  return {
    high: null,
    low: null,
    last: ticker['last_price'],
    instrument_name: instrument.name,
    bid_price: price(bidPrice),
    ask_price: price(askPrice),
    mid_price: hasMid ? price(markPriceOf(market)) : null,
    mark_price: ticker['mark_price'],
    estimated_delivery_price: ticker['estimated_delivery_price'],
    price_change: null,
    volume: float(0),
    volume_usd: float(0),
    volume_notional: float(0),
    base_currency: instrument.base,
    quote_currency: instrument.quote,
    creation_timestamp: nowMs,
    ...Object.fromEntries(SHARED_FIELDS.map((name) => [name, ticker[name]])),
  }
}

function summaries(markets: readonly Market[], { context }: Call): object[] {
  const nowMs = context.clock.nowMs()
  return markets.map((market) => describeSummary(market, nowMs))
}

const indexNames: RequestMethods[string] = {
  run: ({ params, context }) => {
    const names = context.exchange.indices()
    if (!flagParam(params, 'extended')) return { result: names }
    const facts = { future_combo_creation_enabled: false, option_combo_creation_enabled: false }
    return { result: names.map((name) => ({ name, ...facts })) }
  },
}

/** Methods about several instruments, currencies and indices. */
export const summaryMethods: RequestMethods = {
  'public/get_currencies': {
    run: ({ context }) => ({ result: currenciesOf(context.exchange).map(describeCurrency) }),
  },
  'public/get_book_summary_by_currency': {
    run: (call) => ({ result: summaries(marketsOfCurrency(call), call) }),
  },
  'public/get_book_summary_by_instrument': {
    run: (call) => ({ result: summaries([marketOf(call)], call) }),
  },
  'public/get_index_price': {
    run: ({ params, context }) => {
      const price = indexPricesOf(context.exchange).get(textParam(params, 'index_name'))
      if (price === undefined) throw invalidParams('index_name', 'invalid value')
      return { result: { index_price: float(price), estimated_delivery_price: float(price) } }
    },
  },
  'public/get_index_price_names': indexNames,
  'public/get_supported_index_names': indexNames,
}
