import { type TSchema, Type } from 'typebox'

/** Schemas of the exchange's notifications, as far as the service depends on them; others may follow. */

const Levels = Type.Array(Type.Tuple([Type.Number(), Type.Number()]), {
  description: '[price, amount] of each level, best first',
})

const ACTION = Type.Enum(['new', 'change', 'delete'])
const Actions = Type.Array(Type.Tuple([ACTION, Type.Number(), Type.Number()]), {
  description: '[action, price, amount] of each changed level; the amount is absolute',
})

function notification(channel: string, data: TSchema, title: string) {
  return Type.Object(
    {
      jsonrpc: Type.Literal('2.0'),
      method: Type.Literal('subscription'),
      params: Type.Object({ channel: Type.String({ description: channel }), data }),
    },
    { title },
  )
}

const bookHead = {
  timestamp: Type.Integer({ description: 'time of the exchange, epoch ms' }),
  instrument_name: Type.String(),
  change_id: Type.Integer(),
}

export const GroupedBookSchema = notification(
  '`book.{instrument}.{group}.{depth}.{interval}`',
  Type.Object({ ...bookHead, bids: Levels, asks: Levels }),
  'GroupedBook',
)

export const IncrementalBookSchema = notification(
  '`book.{instrument}.{interval}`',
  Type.Object({
    ...bookHead,
    type: Type.Enum(['snapshot', 'change']),
    prev_change_id: Type.Optional(
      Type.Integer({ description: '`change_id` of the notification before; absent in a snapshot' }),
    ),
    bids: Actions,
    asks: Actions,
  }),
  'IncrementalBook',
)

export const TradesSchema = notification(
  '`trades.{instrument}.{interval}`',
  Type.Array(
    Type.Object({
      trade_id: Type.String(),
      trade_seq: Type.Integer({ description: 'number of the trade within its instrument' }),
      timestamp: Type.Integer({ description: 'time of the exchange, epoch ms' }),
      instrument_name: Type.String(),
      price: Type.Number(),
      amount: Type.Number(),
      direction: Type.Enum(['buy', 'sell'], { description: 'side of the taker' }),
    }),
  ),
  'Trades',
)

/** Headers of a record of the exchange; ordinary records have none. */
export const NotificationHeadersSchema = Type.Object(
  {
    traceparent: Type.Optional(
      Type.String({ description: 'W3C trace context, on records that tracing sampled' }),
    ),
    kind: Type.Optional(
      Type.Literal('checkpoint', { description: 'a checkpoint, made by the producer' }),
    ),
    'verified-at-ms': Type.Optional(
      Type.String({
        description: 'until when the producer knows the book to be current, epoch ms',
      }),
    ),
    'clock-offset-ms': Type.Optional(
      Type.String({ description: "exchange time minus the producer's clock" }),
    ),
    'clock-uncertainty-ms': Type.Optional(Type.String()),
    'instrument-state': Type.Optional(
      Type.String({ description: "the exchange's status of the instrument, or `maintenance`" }),
    ),
    'producer-id': Type.Optional(Type.String({ description: 'random for each process' })),
    'producer-stopped': Type.Optional(
      Type.String({ description: '`true` if the producer no longer writes this instrument' }),
    ),
  },
  { title: 'NotificationHeaders' },
)
