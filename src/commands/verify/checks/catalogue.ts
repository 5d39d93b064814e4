/** One assumption about the exchange that is checked. */
export interface CheckDefinition {
  readonly id: string
  /** Section of the protocol reference. */
  readonly section: string
  /** What is true if the exchange behaves as assumed. */
  readonly claim: string
}

const ROWS = [
  ['transport.connect', '1', 'a connection opens within 10 s'],
  [
    'transport.close',
    '1',
    'the exchange closes a connection only after it announced maintenance or a limit',
  ],
  ['transport.size', '1', 'changes and grouped snapshots are smaller than 1 MB'],
  ['envelope.json', '2', 'every frame is one JSON object'],
  [
    'envelope.method',
    '2',
    'a frame is an answer, a subscription or a heartbeat, with jsonrpc "2.0"',
  ],
  ['envelope.fields', '2', 'every field of the envelope is known'],
  ['envelope.answer', '2', 'an answer has either a result or an error, and testnet is a boolean'],
  ['envelope.times', '2', 'usIn is at or before usOut, and usDiff is their difference'],
  [
    'envelope.id',
    '2',
    'an answer has the id of a request; only errors of unread requests have none',
  ],
  ['envelope.answered', '2', 'every request is answered within 10 s'],
  ['envelope.prompt', '2', 'an answer comes within 3 s'],
  ['envelope.integers', '2', 'times, change ids and trade numbers fit in a double'],
  ['parser.accepts', '2', 'the parser of this service reads the frame'],
  ['errors.code', '3', 'every error has a known code and its message'],
  ['limits.credits', '4', 'the calls of a careful client stay within the rate limits'],
  ['subscribe.acknowledged', '6.3', 'every existing channel is in the answer to its subscription'],
  ['subscribe.omitted', '6.3', 'unknown channels are missing from the answer, without an error'],
  ['subscribe.login', '6.3', 'raw channels without a login fail the whole call with 13778'],
  ['subscribe.order', '6.2', 'data of a channel follows the answer to its subscription'],
  ['subscribe.requested', '6.2', 'only subscribed channels send data'],
  ['subscribe.first', '6.2', 'book and ticker channels send a frame within 5 s of the answer'],
  ['subscribe.duplicate', '6.3', 'a channel that is subscribed twice sends no second snapshot'],
  ['subscribe.again', '6.4', 'a channel sends a snapshot after unsubscribe and subscribe'],
  ['channel.name', '8', 'every channel is of a known family'],
  [
    'book.fields',
    '7.1',
    'every field of an incremental frame is known, the required ones are there',
  ],
  ['book.type', '7.1', 'type is snapshot or change; a change has prev_change_id, a snapshot none'],
  [
    'book.rows',
    '7.1',
    'rows are [action, price, amount]: new and change with an amount above 0, delete with 0',
  ],
  ['book.snapshot', '7.1', 'every row of a snapshot is new'],
  ['book.order', '7.1', 'bids are sorted descending, asks ascending, each price once'],
  ['book.first', '7.1', 'the first frame of an incremental channel is a snapshot'],
  ['book.sequence', '7.1', 'prev_change_id of a change is the change_id of the frame before'],
  ['book.ids', '7.1', 'change_id of a channel never falls on a connection'],
  ['book.time', '7.1', 'timestamp of a channel never falls on a connection'],
  ['book.levels', '7.1', 'change and delete name a level of the book, new names another price'],
  ['book.top', '7.1', 'after a whole frame the best bid is below the best ask'],
  ['grouped.fields', '7.2', 'a grouped frame has no type, no prev_change_id and no unknown field'],
  [
    'grouped.rows',
    '7.2',
    'rows are [price, amount] with an amount above 0, at most `depth` a side',
  ],
  ['grouped.order', '7.2', 'bids are sorted descending, asks ascending, each price once'],
  ['grouped.ids', '7.2', 'change_id and timestamp of a channel never fall on a connection'],
  ['grouped.top', '7.2', 'the best bid is below the best ask'],
  ['ticker.fields', '8', 'every field of a ticker is known'],
  ['ticker.state', '8', 'the state of a ticker is known'],
  ['ticker.interval', '8', 'a ticker channel sends at least every 5 s'],
  ['quote.fields', '8', 'a quote has exactly the known fields'],
  ['trades.fields', '8', 'a trade has the required fields and no unknown one'],
  ['trades.values', '8', 'direction, tick_direction, price and amount of a trade are valid'],
  ['trades.sequence', '8', 'trade_seq of an instrument rises by 1'],
  ['trades.liquidation', '8', 'public trades carry no liquidation'],
  ['index.fields', '8', 'a price index has exactly the known fields'],
  ['index.interval', '8', 'a price index is sent about once a second'],
  ['state.known', '12', 'instrument states are those known since January 2026'],
  ['platform.fields', '8', 'every field of platform_state is known'],
  ['instrument.fields', '11', 'every field of an instrument object is known'],
  ['units.tick', '9', 'prices are multiples of the tick size'],
  ['units.amount', '9', 'amounts of futures are multiples of the contract size'],
  ['heartbeat.type', '10', 'a heartbeat is of type heartbeat or test_request'],
  [
    'heartbeat.interval',
    '10',
    'test requests come 1.2 intervals after set_heartbeat, then every 1.06 intervals',
  ],
  ['heartbeat.silence', '10', 'with a heartbeat set, a frame comes within 3 intervals'],
  ['methods.result', '11', 'results of requests have the known form'],
  [
    'methods.unknown',
    '11',
    'an unknown method, instrument or bad value is answered with its error',
  ],
  ['clock.offset', '2', 'the clocks of the exchange and of this host differ by less than 1 s'],
  ['clock.ahead', '7.1', 'timestamps are not ahead of the clock of the exchange'],
  ['clock.delay', '7.1', 'changes arrive within 3 s of their timestamp'],
] as const

export type CheckId = (typeof ROWS)[number][0]

export const CHECKS: readonly (CheckDefinition & { readonly id: CheckId })[] = ROWS.map(
  ([id, section, claim]) => ({ id, section, claim }),
)
