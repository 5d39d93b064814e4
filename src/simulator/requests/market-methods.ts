import { tickerFields } from '../channels/ticker-fields.ts'
import { describeInstrument, isCovered } from '../instrument.ts'
import type { Market } from '../market.ts'
import { invalidParams } from '../rpc-error.ts'
import { describeTrade } from '../trade.ts'
import type { TruthLevel } from '../truth-book.ts'
import { float } from '../wire-json.ts'
import { textParam, type Call, type Params, type RequestMethods } from './request.ts'

const DEPTHS = [1, 5, 10, 20, 50, 100, 1000, 10_000]
const KINDS = ['future', 'option', 'spot', 'future_combo', 'option_combo', 'any']
const MAX_TRADES = 1_000

function marketOf({ params, venue }: Call): Market {
  const name = textParam(params, 'instrument_name')
  const market = venue.exchange.markets.get(name)
  if (market === undefined) throw invalidParams('instrument_name', 'instrument not found')
  return market
}

/** Depths between those allowed are rounded up. */
function depthOf({ depth }: Params): number {
  const wanted = typeof depth === 'number' ? depth : 5
  return DEPTHS.find((allowed) => allowed >= wanted) ?? (DEPTHS.at(-1) as number)
}

function rows(levels: readonly TruthLevel[], depth: number): unknown[] {
  return levels.slice(0, depth).map(({ price, amount }) => [float(price), float(amount)])
}

function isExpired(market: Market): boolean {
  return market.state === 'delivered' || market.state === 'archivized'
}

export const marketMethods: RequestMethods = {
  'public/get_instrument': {
    run: (call) => {
      const market = marketOf(call)
      return { result: describeInstrument(market.instrument, market.state) }
    },
  },
  'public/get_instruments': {
    requestClass: 'get_instruments',
    run: ({ params, venue }) => {
      const { currency = 'any', kind = 'any', expired = false } = params
      if (typeof kind !== 'string' || !KINDS.includes(kind)) {
        throw invalidParams('kind', 'invalid value')
      }
      if (typeof currency !== 'string') throw invalidParams('currency', 'invalid value')
      const markets = [...venue.exchange.markets.values()].filter(
        (market) =>
          isExpired(market) === (expired === true) && isCovered(market.instrument, kind, currency),
      )
      return {
        result: markets.map((market) => describeInstrument(market.instrument, market.state)),
      }
    },
  },
  'public/get_order_book': {
    run: (call) => {
      const market = marketOf(call)
      const depth = depthOf(call.params)
      return {
        result: {
          ...tickerFields(market),
          change_id: market.changeId,
          bids: rows(market.book.bids.levels, depth),
          asks: rows(market.book.asks.levels, depth),
        },
      }
    },
  },
  'public/ticker': { run: (call) => ({ result: tickerFields(marketOf(call)) }) },
  'public/get_last_trades_by_instrument': {
    run: (call) => {
      const { start_seq: first, end_seq: last, count = 10 } = call.params
      const limit = Math.min(typeof count === 'number' ? count : 10, MAX_TRADES)
      const wanted = marketOf(call).trades.filter(
        ({ seq }) =>
          (typeof first !== 'number' || seq >= first) && (typeof last !== 'number' || seq <= last),
      )
      const trades = typeof first === 'number' ? wanted.slice(0, limit) : wanted.slice(-limit)
      return { result: { trades: trades.map(describeTrade), has_more: wanted.length > limit } }
    },
  },
}
