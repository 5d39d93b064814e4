import type { Trade, TradesFrame } from '../../model/frames.ts'
import { isCount, isObject, type JsonObject } from './messages.ts'

/**
 * Parses the `data` of `trades.{instrument}.{interval}`: an array of trades of that instrument.
 * Returns null if any trade is invalid, because a partial frame would look like a gap in `trade_seq`.
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
  // Prices of combos may be 0 or negative.
  if (!isFiniteNumber(price) || !isFiniteNumber(amount) || amount <= 0) return null
  if (direction !== 'buy' && direction !== 'sell') return null
  return {
    instrument,
    tradeSeq,
    tradeId,
    exchangeTimeMs: timestamp,
    price,
    amount,
    side: direction,
    markPrice: numberOrNull(item['mark_price']),
    indexPrice: numberOrNull(item['index_price']),
    isBlock: isPresent(item['block_trade_id']),
    isComboLeg: isComboLeg(item, instrument),
  }
}

/** Whether a trade is a leg of a combo trade. These are published on the channels of the combo and of each leg. */
function isComboLeg(item: JsonObject, instrument: string): boolean {
  const { combo_id: comboId, combo_trade_id: comboTradeId } = item
  return (isPresent(comboId) || isPresent(comboTradeId)) && comboId !== instrument
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** Recordings of earlier years lack these prices, so a trade is valid without them. */
function numberOrNull(value: unknown): number | null {
  return isFiniteNumber(value) ? value : null
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
