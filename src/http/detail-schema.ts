import { Type, type TUnsafe } from 'typebox'
import type { LastTrade } from '../model/analytics.ts'
import { nullable } from './schema-types.ts'

export const BandSchema = Type.Object(
  {
    bid: nullable(
      'number',
      'sum of the amounts in the band; null where it is not known whole, or the mid-price is not above 0',
    ),
    ask: nullable('number', 'the same of the other side'),
    imbalance: nullable('number', '(bid - ask) / (bid + ask), -1 to 1'),
    bidCovered: nullable(
      'boolean',
      'false where the exchange may have levels of the band that it did not show',
    ),
    askCovered: nullable('boolean', 'the same of the other side'),
  },
  { title: 'Band' },
)

export const WindowSchema = Type.Object(
  {
    orderFlowImbalance: nullable(
      'number',
      'sum of the order flow of the best level, in the amount unit; above 0 = to the bid',
    ),
    orderFlowImbalanceRatio: nullable('number', 'the same over the mean depth of the best level'),
    tradeFlowImbalance: nullable(
      'number',
      '(buy - sell) / (buy + sell) of the volumes by taker side, -1 to 1',
    ),
    buyVolume: nullable('number', 'amount that takers bought; null where trades may be missing'),
    sellVolume: nullable('number', 'amount that takers sold'),
    tradeCount: nullable('integer', 'trades of the window'),
    realizedVolatility: nullable(
      'number',
      'of the mid-price, annualised, a ratio; null for windows below 10 s, or where a mid-price was not above 0',
    ),
    imbalanceMin: nullable('number', 'of the imbalance of the best level'),
    imbalanceMax: nullable('number', 'of the same'),
    imbalanceMean: nullable('number', 'of the same, weighted by time'),
    coverage: nullable('number', 'share of the window that was seen, 0 to 1'),
  },
  { title: 'Window' },
)

export const LastTradeSchema = Type.Unsafe<LastTrade | null>({
  title: 'LastTrade',
  type: ['object', 'null'],
  properties: {
    price: { type: 'number' },
    amount: { type: 'number' },
    side: { type: 'string', enum: ['buy', 'sell'] },
    exchangeTimeMs: { type: 'number' },
  },
  required: ['price', 'amount', 'side', 'exchangeTimeMs'],
})

/** An object from names that the configuration decides to values of one shape. */
export function byName<Value>(schema: object, description: string): TUnsafe<Record<string, Value>> {
  return Type.Unsafe({ type: 'object', additionalProperties: schema, description })
}
