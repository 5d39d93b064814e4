import { indexPricesOf, markPriceOf, tickerFields, topOf } from '../channels/ticker-streams.ts'
import { describeInstrument } from '../market/instrument.ts'
import { describeTrade, type Market, type Trade } from '../market/market.ts'
import type { ReferenceLevel } from '../market/reference-book.ts'
import { float, type WireFloat } from '../wire/json.ts'
import {
  currenciesOf,
  describeCurrency,
  marketOf,
  marketsOfCurrency,
  selectedMarkets,
} from './market-params.ts'
import {
  type Call,
  flagParam,
  optionalInteger,
  optionalText,
  type RequestMethods,
  textParam,
} from './request.ts'
import { invalidParams, type Params } from './envelope.ts'

const MAX_DEPTH = 10_000
const DEPTHS = [1, 5, 10, 20, 50, 100, 1000, MAX_DEPTH]
const DEFAULT_DEPTH = 5
const DEFAULT_TRADES = 10
const MAX_TRADES = 1_000

function rows(levels: readonly ReferenceLevel[], depth: number): unknown[] {
  return levels.slice(0, depth).map(({ price, amount }) => [float(price), float(amount)])
}

/** Other depths are rounded up to the next of these. */
function orderBook(market: Market, params: Params): object {
  const wanted = optionalInteger(params, 'depth') ?? DEFAULT_DEPTH
  const depth = DEPTHS.find((allowed) => allowed >= wanted) ?? MAX_DEPTH
  return {
    ...tickerFields(market),
    change_id: market.changeId,
    bids: rows(market.book.bids.levels, depth),
    asks: rows(market.book.asks.levels, depth),
  }
}

function isExpired(market: Market): boolean {
  return market.state === 'delivered' || market.state === 'archivized'
}

/** Returns trades, oldest first: from a start if one is given, else the newest. */
function tradesPage(trades: readonly Trade[], params: Params): object {
  const [startSeq, endSeq] = rangeOf(params, 'start_seq', 'end_seq')
  const [startMs, endMs] = rangeOf(params, 'start_timestamp', 'end_timestamp')
  const wanted = trades.filter(
    ({ seq, timestampMs }) =>
      seq >= startSeq && seq <= endSeq && timestampMs >= startMs && timestampMs <= endMs,
  )
  const requestedCount = optionalInteger(params, 'count') ?? DEFAULT_TRADES
  const count = Math.max(1, Math.min(requestedCount, MAX_TRADES))
  const isFromStart = startSeq > 0 || startMs > 0
  const page = isFromStart ? wanted.slice(0, count) : wanted.slice(-count)
  if (optionalText(params, 'sorting') === 'desc') page.reverse()
  return { trades: page.map(describeTrade), has_more: wanted.length > count }
}

function rangeOf(params: Params, start: string, end: string): readonly [number, number] {
  return [optionalInteger(params, start) ?? 0, optionalInteger(params, end) ?? Infinity]
}

function tradesOf(markets: readonly Market[]): Trade[] {
  return markets
    .flatMap(({ trades }) => trades)
    .sort((one, other) => one.timestampMs - other.timestampMs)
}

const tradesByInstrument: RequestMethods[string] = {
  run: (call) => ({ result: tradesPage(marketOf(call).trades, call.params) }),
}
const tradesByCurrency: RequestMethods[string] = {
  run: (call) => ({ result: tradesPage(tradesOf(marketsOfCurrency(call)), call.params) }),
}

/** Methods about instruments, their books and their trades. */
export const marketMethods: RequestMethods = {
  'public/get_instrument': {
    run: (call) => {
      const market = marketOf(call)
      return { result: describeInstrument(market.instrument, market) }
    },
  },
  'public/get_instruments': {
    requestClass: 'get_instruments',
    run: (call) => {
      const wantsExpired = flagParam(call.params, 'expired')
      const markets = selectedMarkets(call).filter((market) => isExpired(market) === wantsExpired)
      return { result: markets.map((market) => describeInstrument(market.instrument, market)) }
    },
  },
  'public/get_contract_size': {
    run: (call) => ({ result: { contract_size: marketOf(call).instrument.contractSize } }),
  },
  'public/get_order_book': { run: (call) => ({ result: orderBook(marketOf(call), call.params) }) },
  'public/get_order_book_by_instrument_id': {
    run: ({ params, context }) => {
      const id = optionalInteger(params, 'instrument_id')
      if (id === undefined) throw invalidParams('instrument_id', 'value required')
      const market = [...context.exchange.markets.values()].find(
        ({ instrument }) => instrument.id === id,
      )
      if (market === undefined) throw invalidParams('instrument_id', 'instrument not found')
      return { result: orderBook(market, params) }
    },
  },
  'public/ticker': { run: (call) => ({ result: tickerFields(marketOf(call)) }) },
  'public/get_last_trades_by_instrument': tradesByInstrument,
  'public/get_last_trades_by_instrument_and_time': tradesByInstrument,
  'public/get_last_trades_by_currency': tradesByCurrency,
  'public/get_last_trades_by_currency_and_time': tradesByCurrency,
}

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
