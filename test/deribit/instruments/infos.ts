import type { InstrumentInfo } from '../../../src/model/status.ts'

/** An instrument object of the exchange. */
export function instrumentJson(name: string, fields: Readonly<Record<string, unknown>> = {}) {
  return {
    instrument_name: name,
    kind: 'future',
    instrument_type: 'reversed',
    state: 'open',
    is_active: true,
    base_currency: 'BTC',
    quote_currency: 'USD',
    price_index: 'btc_usd',
    tick_size: 0.5,
    ...fields,
  }
}

export function infoOf(instrument: string, kind = 'future'): InstrumentInfo {
  return {
    instrument,
    kind,
    baseCurrency: 'BTC',
    quoteCurrency: 'USD',
    amountUnit: 'USD',
    tickSize: 0.5,
    priceIndex: 'btc_usd',
    status: 'open',
  }
}
