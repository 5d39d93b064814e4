import { float } from '../wire/json.ts'
import type { PriceGrid } from './random.ts'

export type InstrumentKind = 'future' | 'option' | 'spot'

/** Book states of the exchange since January 2026. */
export type InstrumentState =
  'open' | 'locked' | 'settlement' | 'delivered' | 'inactive' | 'halted' | 'archivized'

/** Details of an instrument as the exchange publishes them, and parameters of its random book. */
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
  /** Such as `btc_usd`; a lock of an index affects every instrument on it. */
  readonly priceIndex: string
  readonly grid: PriceGrid
  readonly contractSize: number
  /** Amounts are multiples of this; also the smallest trade. */
  readonly amountStep: number
  readonly creationMs: number
  /** Far in the future for perpetuals and spot. */
  readonly expirationMs: number
  readonly option: { readonly type: 'call' | 'put'; readonly strike: number } | null
  /** Approximate start price. */
  readonly startPrice: number
  /** Average number of levels per side of its random book. */
  readonly levelsPerSide: number
}

/** Expiration timestamp of instruments that do not expire. */
export const NO_EXPIRATION_MS = 32_503_708_800_000

/** Currencies in which products are settled. */
const SETTLEMENT_CURRENCIES = new Set(['BTC', 'ETH', 'USDC', 'USDT', 'EURR'])

/**
 * The currencies under which the exchange lists an instrument: linear products are listed under
 * USDC, and under their coin if that has no products of its own.
 */
function currenciesOf({ base, quote, settlement }: Instrument): readonly string[] {
  if (settlement === null) return [base, quote]
  return SETTLEMENT_CURRENCIES.has(base) ? [settlement] : [settlement, base]
}

/** Whether `kind` and `currency` of a request or channel name cover the instrument. */
export function isCovered(instrument: Instrument, kind: string, currency: string): boolean {
  if (kind !== 'any' && kind !== instrument.kind) return false
  return currency === 'any' || currenciesOf(instrument).includes(currency)
}

/** Mutable state of a listed instrument. */
export interface InstrumentStatus {
  readonly state: InstrumentState
  /** Whether its orders are matched on Coinbase. */
  readonly isRouted: boolean
}

/** The instrument object of `public/get_instrument(s)` and `instrument.creation`. */
export function describeInstrument(
  instrument: Instrument,
  { state, isRouted }: InstrumentStatus,
): object {
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
    expiration_timestamp: instrument.expirationMs,
    underlying_type: 'crypto',
    option_type: option?.type,
    strike: option === null ? undefined : float(option.strike),
    maker_commission: float(option === null ? 0 : 0.0003),
    taker_commission: float(option === null ? 0.0005 : 0.0003),
    ...(instrument.kind === 'future' ? futureFields(instrument) : {}),
    ...(isRouted ? { is_cbe_routed: true, is_csr: true } : blockTradeFields(instrument)),
  }
}

function futureFields({ isLinear }: Instrument): object {
  return {
    future_type: isLinear ? 'linear' : 'reversed',
    max_leverage: 50,
    max_liquidation_commission: float(0.0075),
  }
}

/** Instruments that are routed to Coinbase lack these fields. */
function blockTradeFields({ grid, amountStep }: Instrument): object {
  return {
    block_trade_tick_size: float(grid.tickSize),
    block_trade_min_trade_amount: float(amountStep * 100),
    block_trade_commission: float(0.0003),
  }
}
