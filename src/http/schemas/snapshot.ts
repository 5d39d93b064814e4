import { type Static, type TUnsafe, Type } from 'typebox'
import type { LastTrade } from '../../model/snapshot.ts'
import { byName, nullable, stateFields } from './schema-types.ts'
import { SnapshotSignalsSchema } from './signals.ts'

export const BandSchema = Type.Object(
  {
    bid: nullable(
      'number',
      'sum of the bid amounts in the band; null if the band is not fully known or the mid-price is not above 0',
    ),
    ask: nullable('number', 'sum of the ask amounts in the band; null as for `bid`'),
    imbalance: nullable('number', '(bid - ask) / (bid + ask), -1 to 1'),
    bidCovered: nullable(
      'boolean',
      'false if the exchange may have bid levels in the band that the channel does not include',
    ),
    askCovered: nullable('boolean', 'as `bidCovered`, for the asks'),
  },
  { title: 'Band' },
)

export const WindowSchema = Type.Object(
  {
    orderFlowImbalance: nullable(
      'number',
      'sum of the order flow of the best levels, in the amount unit; positive = buying pressure',
    ),
    orderFlowImbalanceRatio: nullable(
      'number',
      '`orderFlowImbalance` divided by the mean depth of the best levels',
    ),
    tradeFlowImbalance: nullable(
      'number',
      '(buy - sell) / (buy + sell) of the taker volumes, -1 to 1',
    ),
    buyVolume: nullable('number', 'amount bought by takers; null if trades may be missing'),
    sellVolume: nullable('number', 'amount sold by takers; null if trades may be missing'),
    tradeCount: nullable('integer', 'number of trades; null if trades may be missing'),
    realizedVolatility: nullable(
      'number',
      'annualised volatility of the mid-price, as a ratio; null for windows below 10 s, or if a mid-price was not above 0',
    ),
    imbalanceMin: nullable('number', 'minimum imbalance of the best levels'),
    imbalanceMax: nullable('number', 'maximum imbalance of the best levels'),
    imbalanceMean: nullable('number', 'time-weighted mean imbalance of the best levels'),
    coverage: nullable('number', 'share of the window that was observed, 0 to 1'),
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

/** Schema of numbers by names that depend on the configuration. */
const NumbersByName: TUnsafe<Record<string, number | null>> = Type.Unsafe({
  type: 'object',
  additionalProperties: { type: ['number', 'null'] },
  description:
    '(bid - ask) / (bid + ask) of the amounts, -1 to 1, by the number of levels per side',
})

const Levels = Type.Array(
  Type.Unsafe<[number, number]>({
    type: 'array',
    items: { type: 'number' },
    minItems: 2,
    maxItems: 2,
  }),
  { description: '[price, amount] of each level, best first' },
)

const summaryFields = {
  ...stateFields,
  amountUnit: nullable(
    'string',
    'unit of every amount; null in a process without the producer role',
  ),
  changeId: nullable(
    'number',
    'change id at the exchange of the snapshot or change that the values are from',
  ),
  exchangeTimeMs: nullable('number', 'exchange timestamp of the last change of the book, epoch ms'),
  receivedTimeMs: nullable(
    'number',
    'time at which the producer received it, epoch ms; for a checkpoint, the time at which it was written',
  ),
  publishedTimeMs: nullable('number', 'time at which its values became readable, epoch ms'),
  verifiedTimeMs: nullable(
    'number',
    'time up to which the book is verified as current: the newest evidence that its connection is alive, epoch ms',
  ),
  ageMs: nullable(
    'number',
    'time since the last change of the book by the clock of the exchange; large for a quiet book, null while that clock is unknown',
  ),
  bestBid: PriceAmount,
  bestAsk: PriceAmount,
  midPrice: nullable('number', '(best bid + best ask) / 2; null if a side is empty'),
  weightedMidPrice: nullable(
    'number',
    'mid-price weighted by the best amounts of the opposite sides',
  ),
  spread: nullable('number', 'best ask - best bid'),
  spreadRatio: nullable('number', 'spread / mid-price; null if the mid-price is not above 0'),
  imbalance: NumbersByName,
  levels: Type.Object(
    { bid: nullable('number'), ask: nullable('number') },
    { description: 'number of known levels, independent of `depth`' },
  ),
  bands: byName<Static<typeof BandSchema>>(
    BandSchema,
    'depth near the mid-price, by basis points; null if the band is not fully known',
  ),
  lastTrade: LastTradeSchema,
  lagMs: Type.Object({
    exchangeToReceive: nullable(
      'number',
      'from the exchange timestamp to the receipt by the producer',
    ),
    receiveToPublish: nullable(
      'number',
      'from the receipt by the producer until the values became readable',
    ),
    total: nullable('number', 'sum of both; null while the clock of the exchange is unknown'),
  }),
  source: Type.Unsafe<{ topic: string; partition: number; offset: string } | null>({
    type: ['object', 'null'],
    properties: {
      topic: { type: 'string' },
      partition: { type: 'integer' },
      offset: { type: 'string' },
    },
    required: ['topic', 'partition', 'offset'],
    description: 'record that the values were computed from',
  }),
  definitions: Type.String({ description: 'version of the definitions of the values' }),
}

/** Schema of a book without its levels and windows. */
export const SummarySchema = Type.Object(summaryFields, {
  title: 'Summary',
  description: 'one book without levels and windows',
})

export const SnapshotSchema = Type.Object(
  {
    ...summaryFields,
    windows: byName<Static<typeof WindowSchema>>(
      WindowSchema,
      'values over a time window, by window such as 10s; null below half coverage',
    ),
    signals: SnapshotSignalsSchema,
    bids: Levels,
    asks: Levels,
  },
  { title: 'Snapshot', description: 'one atomic reading of one book; missing values are null' },
)
