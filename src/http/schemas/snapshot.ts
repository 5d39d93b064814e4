import { type Static, type TUnsafe, Type } from 'typebox'
import type { LastTrade } from '../../model/snapshot.ts'
import { BOOK_STATES, type BookState } from '../../model/status.ts'

interface NullableTypes {
  number: number
  integer: number
  string: string
  boolean: boolean
}

/**
 * A value or null, as one schema with two types: the serializer decides by `typeof`, where it would
 * run a validator for each member of a union.
 */
export function nullable<Name extends keyof NullableTypes>(
  type: Name,
  description?: string,
): TUnsafe<NullableTypes[Name] | null> {
  return Type.Unsafe<NullableTypes[Name] | null>({
    type: [type, 'null'],
    ...(description === undefined ? {} : { description }),
  })
}

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
function byName<Value>(schema: object, description: string): TUnsafe<Record<string, Value>> {
  return Type.Unsafe({ type: 'object', additionalProperties: schema, description })
}

interface PriceAmountJson {
  price: number
  amount: number
}

const PriceAmount = Type.Unsafe<PriceAmountJson | null>({
  title: 'PriceAmount',
  type: ['object', 'null'],
  properties: { price: { type: 'number' }, amount: { type: 'number' } },
  required: ['price', 'amount'],
})

/** An object from names that the configuration decides to numbers. */
const NumbersByName: TUnsafe<Record<string, number | null>> = Type.Unsafe({
  type: 'object',
  additionalProperties: { type: ['number', 'null'] },
  description: '(bid - ask) / (bid + ask) of the amounts, -1 to 1, by how many levels a side count',
})

const Levels = Type.Array(
  Type.Unsafe<[number, number]>({
    type: 'array',
    items: { type: 'number' },
    minItems: 2,
    maxItems: 2,
  }),
  { description: 'price and amount of each level, best first' },
)

export const stateFields = {
  instrument: Type.String({ description: 'name at the exchange' }),
  state: Type.Unsafe<BookState>({ type: 'string', enum: [...BOOK_STATES] }),
  reason: nullable(
    'string',
    'why there are no values, or which of them is meant; null where the state says it',
  ),
  sinceMs: Type.Number({ description: 'when this state began, epoch ms of this process' }),
}

const summaryFields = {
  ...stateFields,
  amountUnit: nullable('string', 'unit of every amount; null in a process without the feed'),
  changeId: nullable(
    'number',
    'of the exchange, of the snapshot or change that the numbers are from',
  ),
  exchangeTimeMs: nullable('number', 'when the book last changed, by the exchange, epoch ms'),
  receivedTimeMs: nullable(
    'number',
    'when the producer received that, epoch ms; of a repeated book when it was sent again',
  ),
  publishedTimeMs: nullable('number', 'when its values could be read, epoch ms'),
  verifiedTimeMs: nullable(
    'number',
    'until when the book is proven: the newest sign of life of its connection, epoch ms',
  ),
  ageMs: nullable(
    'number',
    'time since the book last changed, on the clock of the exchange: large for a quiet book, null while that clock is unknown',
  ),
  bestBid: PriceAmount,
  bestAsk: PriceAmount,
  midPrice: nullable('number', '(best bid + best ask) / 2; null where a side is empty'),
  weightedMidPrice: nullable('number', 'mid-price weighted by the amounts of the other side'),
  spread: nullable('number', 'best ask - best bid'),
  spreadRatio: nullable('number', 'spread / mid-price; null where that is not above 0'),
  imbalance: NumbersByName,
  levels: Type.Object(
    { bid: nullable('number'), ask: nullable('number') },
    { description: 'levels that are known, before any cut by depth' },
  ),
  bands: byName<Static<typeof BandSchema>>(
    BandSchema,
    'depth near the mid-price, by basis points; null where the band was not shown whole',
  ),
  lastTrade: LastTradeSchema,
  lagMs: Type.Object({
    exchangeToReceive: nullable('number', 'from the time of the exchange to our receipt'),
    receiveToPublish: nullable('number', 'from our receipt until its values could be read'),
    total: nullable('number', 'both together; null where the clock of the exchange is unknown'),
  }),
  source: Type.Unsafe<{ topic: string; partition: number; offset: string } | null>({
    type: ['object', 'null'],
    properties: {
      topic: { type: 'string' },
      partition: { type: 'integer' },
      offset: { type: 'string' },
    },
    required: ['topic', 'partition', 'offset'],
    description: 'the record that the numbers are from',
  }),
  definitions: Type.String({ description: 'version of the meaning of the numbers' }),
}

/** A book without its levels. */
export const SummarySchema = Type.Object(summaryFields, {
  title: 'Summary',
  description: 'one book without its levels and windows',
})

export const SnapshotSchema = Type.Object(
  {
    ...summaryFields,
    windows: byName<Static<typeof WindowSchema>>(
      WindowSchema,
      'numbers over the last seconds, by window such as 10s; null below half coverage',
    ),
    bids: Levels,
    asks: Levels,
  },
  { title: 'Snapshot', description: 'one atomic reading of one book; absent numbers are null' },
)
