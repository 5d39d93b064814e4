import type { Trade, TradesFrame } from '../model/frame.ts'
import { isCount, isObject } from './messages.ts'

/**
 * Reads the `data` of `trades.{instrument}.{interval}`: an array of trades of that instrument.
 * Gives null where anything in it is wrong: half a frame would look like a hole in `trade_seq`.
 */
export function parseTrades(
  channel: string,
  instrument: string,
  data: unknown,
): TradesFrame | null {
  if (!Array.isArray(data)) return null
  const trades: Trade[] = []
  for (const item of data as readonly unknown[]) {
    const trade = parseTrade(item)
    if (trade?.instrument !== instrument) return null
    trades.push(trade)
  }
  return { type: 'trades', channel, instrument, trades }
}

function parseTrade(item: unknown): Trade | null {
  if (!isObject(item)) return null
  const { instrument_name: instrument, trade_seq: tradeSeq, trade_id: tradeId } = item
  const { timestamp, price, amount, direction } = item
  if (typeof instrument !== 'string' || typeof tradeId !== 'string') return null
  if (!isCount(tradeSeq) || !isCount(timestamp)) return null
  if (!isPositive(price) || !isPositive(amount)) return null
  if (direction !== 'buy' && direction !== 'sell') return null
  const isBlock = item['block_trade_id'] !== undefined && item['block_trade_id'] !== null
  return {
    instrument,
    tradeSeq,
    tradeId,
    exchangeTimeMs: timestamp,
    price,
    amount,
    side: direction,
    isBlock,
  }
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}
