import type { PriceGrid } from './price-grid.ts'
import { float } from './wire-json.ts'

export type InstrumentKind = 'future' | 'option' | 'spot'

/** Book states of the exchange since January 2026. */
export type InstrumentState =
  'open' | 'locked' | 'settlement' | 'delivered' | 'inactive' | 'halted' | 'archivized'

/** What the exchange tells of an instrument, and what its random book needs. */
export interface Instrument {
  readonly name: string
  readonly id: number
  readonly kind: InstrumentKind
  readonly isLinear: boolean
  readonly base: string
  readonly quote: string
  /** null for spot. */
  readonly settlement: string | null
  readonly settlementPeriod: 'perpetual' | 'week' | 'month' | null
  /** `btc_usd`; locks of an index hit every instrument on it. */
  readonly priceIndex: string
  readonly grid: PriceGrid
  readonly contractSize: number
  /** Amounts are multiples of this; also the smallest trade. */
  readonly amountStep: number
  readonly creationMs: number
  /** null for spot. */
  readonly expirationMs: number | null
  readonly option: { readonly type: 'call' | 'put'; readonly strike: number } | null
  /** About where its price starts. */
  readonly startPrice: number
  /** Levels a side that its random book has on average. */
  readonly levelsPerSide: number
}

export const PERPETUAL_EXPIRATION_MS = 32_503_708_800_000

/** The currency under which the exchange lists an instrument: linear products live under USDC. */
function currenciesOf(instrument: Instrument): readonly string[] {
  return instrument.settlement === null
    ? [instrument.base, instrument.quote]
    : [instrument.settlement]
}

/** Whether `kind` and `currency` of a request or channel name cover the instrument. */
export function isCovered(instrument: Instrument, kind: string, currency: string): boolean {
  if (kind !== 'any' && kind !== instrument.kind) return false
  return currency === 'any' || currenciesOf(instrument).includes(currency)
}

/** The instrument object of `public/get_instrument(s)` and `instrument.creation`. */
export function describeInstrument(instrument: Instrument, state: InstrumentState): object {
  const { grid, option, settlement } = instrument
  return {
    instrument_name: instrument.name,
    instrument_id: instrument.id,
    kind: instrument.kind,
    instrument_type: instrument.isLinear ? 'linear' : 'reversed',
    state,
    is_active: state === 'open' || state === 'locked' || state === 'settlement',
    base_currency: instrument.base,
    quote_currency: instrument.quote,
    counter_currency: instrument.isLinear ? instrument.quote : 'USD',
    settlement_currency: settlement ?? undefined,
    settlement_period: instrument.settlementPeriod ?? undefined,
    price_index: instrument.priceIndex,
    tick_size: float(grid.tickSize),
    tick_size_steps:
      grid.step === null
        ? []
        : [{ above_price: float(grid.step.abovePrice), tick_size: float(grid.step.tickSize) }],
    contract_size: float(instrument.contractSize),
    min_trade_amount: float(instrument.amountStep),
    creation_timestamp: instrument.creationMs,
    expiration_timestamp: instrument.expirationMs ?? undefined,
    option_type: option?.type,
    strike: option === null ? undefined : float(option.strike),
    maker_commission: float(option === null ? 0 : 0.0003),
    taker_commission: float(option === null ? 0.0005 : 0.0003),
    block_trade_tick_size: float(grid.tickSize),
    block_trade_min_trade_amount: float(instrument.amountStep * 100),
    block_trade_commission: float(0.0003),
  }
}
