import { Type, type Static, type TUnsafe } from 'typebox'
import { BOOK_STATES, type BookState } from '../model/state.ts'
import { BandSchema, byName, LastTradeSchema, WindowSchema } from './detail-schema.ts'
import { nullable } from './schema-types.ts'

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
  instrument: Type.String(),
  state: Type.Unsafe<BookState>({ type: 'string', enum: [...BOOK_STATES] }),
  reason: nullable('string'),
  sinceMs: Type.Number(),
}

const summaryFields = {
  ...stateFields,
  amountUnit: nullable('string'),
  changeId: nullable('number'),
  exchangeTimeMs: nullable('number'),
  receivedTimeMs: nullable('number'),
  publishedTimeMs: nullable('number'),
  verifiedTimeMs: nullable('number'),
  ageMs: nullable('number'),
  bestBid: PriceAmount,
  bestAsk: PriceAmount,
  midPrice: nullable('number'),
  weightedMidPrice: nullable('number'),
  spread: nullable('number'),
  spreadRatio: nullable('number'),
  imbalance: NumbersByName,
  levels: Type.Object({ bid: nullable('number'), ask: nullable('number') }),
  bands: byName<Static<typeof BandSchema>>(
    BandSchema,
    'depth near the mid-price, by basis points; null where the band was not shown whole',
  ),
  lastTrade: LastTradeSchema,
  lagMs: Type.Object({
    exchangeToReceive: nullable('number'),
    receiveToPublish: nullable('number'),
    total: nullable('number'),
  }),
  source: Type.Unsafe<{ topic: string; partition: number; offset: string } | null>({
    type: ['object', 'null'],
    properties: {
      topic: { type: 'string' },
      partition: { type: 'integer' },
      offset: { type: 'string' },
    },
    required: ['topic', 'partition', 'offset'],
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
