import type { Instrument } from './instrument.ts'
import { float } from './wire-json.ts'

/** Beyond what a double holds, as the exchange's are. */
const MATCH_IDS_FROM = 225_046_000_000_000_000n
const NS_PER_MS = 1_000_000n
/** One trade of an instrument in so many comes from a block trade by request for quotes. */
const BLOCK_EVERY = 64

/** One trade of the simulated market. */
export interface Trade {
  readonly instrument: Instrument
  /** Sequential per instrument, without holes. */
  readonly seq: number
  readonly timestampMs: number
  readonly price: number
  readonly amount: number
  /** Side of the taker. */
  readonly direction: 'buy' | 'sell'
  /** 0 plus, 1 zero-plus, 2 minus, 3 zero-minus against the trade before. */
  readonly tickDirection: 0 | 1 | 2 | 3
  readonly markPrice: number
  readonly indexPrice: number
}

/** Ids of other currencies than BTC carry a prefix. */
function tradeId(trade: Trade): string {
  const { instrument, seq } = trade
  const currency = instrument.settlement ?? instrument.base
  const number = instrument.id * 1_000_000_000 + seq
  return currency === 'BTC' ? String(number) : `${currency}-${number}`
}

/** The trade object of `trades.*` and `public/get_last_trades_by_instrument`. */
export function describeTrade(trade: Trade): object {
  const { instrument } = trade
  return {
    timestamp: trade.timestampMs,
    price: float(trade.price),
    amount: float(trade.amount),
    direction: trade.direction,
    index_price: float(trade.indexPrice),
    instrument_name: instrument.name,
    trade_seq: trade.seq,
    mark_price: float(trade.markPrice),
    tick_direction: trade.tickDirection,
    trade_id: tradeId(trade),
    contracts:
      instrument.kind === 'spot' ? undefined : float(trade.amount / instrument.contractSize),
    iv: instrument.kind === 'option' ? float(52.17) : undefined,
    starbase_match_id: MATCH_IDS_FROM + BigInt(trade.seq),
    starbase_timestamp: BigInt(trade.timestampMs) * NS_PER_MS + BigInt(trade.seq % 1_000_000),
    ...(trade.seq % BLOCK_EVERY === 0 ? blockFields(trade) : {}),
  }
}

function blockFields({ seq }: Trade): object {
  return { block_trade_id: `BLOCK-${seq}`, block_trade_leg_count: 1, block_rfq_id: seq }
}
