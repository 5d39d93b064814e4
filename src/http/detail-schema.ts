import { Type, type TUnsafe } from 'typebox'
import type { LastTrade } from '../model/analytics.ts'
import { nullable } from './schema-types.ts'

export const BandSchema = Type.Object(
  {
    bid: nullable('number'),
    ask: nullable('number'),
    imbalance: nullable('number'),
    bidCovered: nullable('boolean'),
    askCovered: nullable('boolean'),
  },
  { title: 'Band' },
)

export const WindowSchema = Type.Object(
  {
    orderFlowImbalance: nullable('number'),
    orderFlowImbalanceRatio: nullable('number'),
    tradeFlowImbalance: nullable('number'),
    buyVolume: nullable('number'),
    sellVolume: nullable('number'),
    tradeCount: nullable('integer'),
    realizedVolatility: nullable('number'),
    imbalanceMin: nullable('number'),
    imbalanceMax: nullable('number'),
    imbalanceMean: nullable('number'),
    coverage: nullable('number'),
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
