import type { InstrumentInfo } from '../../model/status.ts'
import { isObject } from './messages.ts'
import { isInstrumentStatus } from './notifications.ts'

const NAME = /^[A-Za-z0-9_-]{1,64}$/
const MAX_TEXT = 32

/** Parses the `result` of `public/get_instruments`. Skips invalid items; null if it is no list. */
export function parseInstruments(result: unknown): InstrumentInfo[] | null {
  if (!Array.isArray(result)) return null
  return (result as readonly unknown[])
    .map(parseInstrument)
    .filter((info): info is InstrumentInfo => info !== null)
}

/** Kinds with the units of futures: combos of futures use the unit of their legs. */
const FUTURES: readonly string[] = ['future', 'future_combo']

/**
 * Parses an instrument object. Amounts of inverse products (`reversed` futures and their combos) are in
 * the quote currency, all others in the base coin. null if the object is invalid.
 */
export function parseInstrument(item: unknown): InstrumentInfo | null {
  if (!isObject(item)) return null
  const { instrument_name: instrument, kind, tick_size: tickSize, state } = item
  const { base_currency: baseCurrency, quote_currency: quoteCurrency } = item
  if (typeof instrument !== 'string' || !NAME.test(instrument)) return null
  if (!isText(kind) || !isText(baseCurrency) || !isText(quoteCurrency)) return null
  if (typeof tickSize !== 'number' || !(tickSize > 0)) return null
  const isInverse = FUTURES.includes(kind) && item['instrument_type'] === 'reversed'
  const priceIndex = item['price_index']
  return {
    instrument,
    kind,
    baseCurrency,
    quoteCurrency,
    amountUnit: isInverse ? quoteCurrency : baseCurrency,
    tickSize,
    priceIndex: isText(priceIndex) ? priceIndex : '',
    status: isInstrumentStatus(state) ? state : null,
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT
}
