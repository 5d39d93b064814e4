import { tickerFields } from '../channels/ticker-streams.ts'
import { describeInstrument } from '../market/instrument.ts'
import { describeTrade, type Market, type Trade } from '../market/market.ts'
import type { ReferenceLevel } from '../market/reference-book.ts'
import { float } from '../wire/json.ts'
import { marketOf, marketsOfCurrency, selectedMarkets } from './market-params.ts'
import {
  flagParam,
  optionalInteger,
  optionalText,
  type Params,
  type RequestMethods,
} from './request.ts'
import { invalidParams } from './rpc-error.ts'

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
  const asked = optionalInteger(params, 'count') ?? DEFAULT_TRADES
  const count = Math.max(1, Math.min(asked, MAX_TRADES))
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
