/** Rows as `[price, amount]`, best first. */
export type Rows = readonly (readonly [price: number, amount: number])[]

/** Rows of an incremental channel: action, price and new absolute amount. */
export type ActionRows = readonly (readonly [
  action: 'new' | 'change' | 'delete',
  price: number,
  amount: number,
])[]

export const BTC = 'BTC-PERPETUAL'
export const ETH = 'ETH-PERPETUAL'
export const BTC_GROUPED = `book.${BTC}.none.10.100ms`
export const BTC_CHANGES = `book.${BTC}.100ms`
export const BTC_TRADES = `trades.${BTC}.100ms`

export const BIDS: Rows = [
  [61_000, 25_000],
  [60_999.5, 10],
]
export const ASKS: Rows = [
  [61_000.5, 18_000],
  [61_002, 400],
]

/**
 * Formats a number like the exchange: with a decimal point, or in scientific form where that is
 * strictly shorter: `61000.0`, `1.8e4`, `2.8e-4`.
 */
function spell(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} has no spelling in JSON`)
  const plain = Number.isInteger(value) ? `${BigInt(value)}.0` : String(value)
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  const scientific = `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}e${exponent.replace('+', '')}`
  return scientific.length < plain.length ? scientific : plain
}

function pairs(rows: Rows): string {
  return `[${rows.map(([price, amount]) => `[${spell(price)},${spell(amount)}]`).join(',')}]`
}

function actions(rows: ActionRows): string {
  return `[${rows
    .map(([action, price, amount]) => `["${action}",${spell(price)},${spell(amount)}]`)
    .join(',')}]`
}

/** A notification around `data`, which is JSON text. */
export function notification(channel: string, data: string): string {
  return `{"jsonrpc":"2.0","method":"subscription","params":{"channel":${JSON.stringify(channel)},"data":${data}}}`
}

export interface GroupedSnapshotOptions {
  instrument?: string
  channel?: string
  changeId?: number
  exchangeTimeMs?: number
  bids?: Rows
  asks?: Rows
}

/** A frame of the grouped channel: no `type`, no `prev_change_id`, rows of two numbers. */
export function groupedSnapshot(options: GroupedSnapshotOptions = {}): string {
  const {
    instrument = BTC,
    changeId = 70_000_000_100,
    exchangeTimeMs = 1_790_000_000_000,
  } = options
  const { bids = BIDS, asks = ASKS, channel = `book.${instrument}.none.10.100ms` } = options
  return notification(
    channel,
    `{"timestamp":${exchangeTimeMs},"instrument_name":"${instrument}","change_id":${changeId},"bids":${pairs(bids)},"asks":${pairs(asks)}}`,
  )
}

/** A `snapshot` frame of an incremental channel: the whole book, every row `new`. */
export function snapshot(options: GroupedSnapshotOptions & { prevChangeId?: number } = {}): string {
  const {
    instrument = BTC,
    changeId = 70_000_000_100,
    exchangeTimeMs = 1_790_000_000_000,
  } = options
  const { bids = BIDS, asks = ASKS, channel = `book.${instrument}.100ms`, prevChangeId } = options
  const asNew = (rows: Rows) => actions(rows.map(([price, amount]) => ['new', price, amount]))
  const prev = prevChangeId === undefined ? '' : `,"prev_change_id":${prevChangeId}`
  return notification(
    channel,
    `{"type":"snapshot","timestamp":${exchangeTimeMs},"instrument_name":"${instrument}","change_id":${changeId},"bids":${asNew(bids)},"asks":${asNew(asks)}${prev}}`,
  )
}

export interface ChangeOptions {
  instrument?: string
  channel?: string
  changeId?: number
  prevChangeId?: number
  exchangeTimeMs?: number
  bids?: ActionRows
  asks?: ActionRows
}

/** A `change` frame of an incremental channel. */
export function change(options: ChangeOptions = {}): string {
  const { instrument = BTC, channel = `book.${instrument}.100ms` } = options
  const { changeId = 70_000_000_137, prevChangeId = 70_000_000_100 } = options
  const { exchangeTimeMs = 1_790_000_000_093, bids = [], asks = [] } = options
  return notification(
    channel,
    `{"type":"change","timestamp":${exchangeTimeMs},"instrument_name":"${instrument}","change_id":${changeId},"bids":${actions(bids)},"asks":${actions(asks)},"prev_change_id":${prevChangeId}}`,
  )
}

export interface TradeOptions {
  instrument?: string
  seq?: number
  price?: number
  amount?: number
  direction?: string
  exchangeTimeMs?: number
  /** Further members, as JSON text without the outer braces. */
  more?: string
}

export function trade(options: TradeOptions = {}): string {
  const { instrument = BTC, seq = 301_000_001, price = 61_000.5, amount = 40 } = options
  const { direction = 'buy', exchangeTimeMs = 1_790_000_000_005, more = '' } = options
  return `{"timestamp":${exchangeTimeMs},"price":${spell(price)},"direction":"${direction}","amount":${spell(amount)},"contracts":4.0,"index_price":60990.12,"mark_price":60999.7,"instrument_name":"${instrument}","trade_seq":${seq},"trade_id":"${seq + 154_000_000}","tick_direction":0${more === '' ? '' : `,${more}`}}`
}

export function trades(items: readonly string[], channel: string = BTC_TRADES): string {
  return notification(channel, `[${items.join(',')}]`)
}

export const TEST_REQUEST =
  '{"params":{"type":"test_request"},"method":"heartbeat","jsonrpc":"2.0"}'
export const HEARTBEAT = '{"params":{"type":"heartbeat"},"method":"heartbeat","jsonrpc":"2.0"}'

/** A response; `result` is JSON text. */
export function answer(id: number, result: string, us: number = 1_790_000_000_100_200): string {
  return `{"jsonrpc":"2.0","id":${id},"result":${result},"usIn":${us},"usOut":${us + 90},"usDiff":90,"testnet":false}`
}
