import type { InstrumentStatus } from './feed.ts'

/** What the exchange says of an instrument. */
export interface InstrumentInfo {
  readonly instrument: string
  /** `future`, `option`, `spot`, or a kind of combo. */
  readonly kind: string
  readonly baseCurrency: string
  readonly quoteCurrency: string
  /** Unit of every amount of it: `USD` for inverse products, the base coin otherwise. */
  readonly amountUnit: string
  readonly tickSize: number
  /** Such as `btc_usd`; a lock of it locks the instrument. */
  readonly priceIndex: string
  /** null where the exchange uses a word that we do not know. */
  readonly status: InstrumentStatus | null
}

/**
 * Whether a word of INSTRUMENTS is a name. The others, `kind:currency`, are selectors: they stand for
 * names that only the exchange knows.
 */
export function isInstrumentName(name: string): boolean {
  return !name.includes(':')
}

/** The strategy's code stands where a future or an option has its date: `BTC-FS-25DEC26_PERP`. */
const COMBO = /^[A-Za-z0-9_]+-[A-Za-z][A-Za-z0-9]*-/

/**
 * Whether prices of 0 and below are ordinary for an instrument: those of a combo are differences of
 * prices. Decided by the name alone, as who reads the topic has nothing else to trust, and both
 * roles have to come to the same result.
 */
export function mayHaveNegativePrices(instrument: string): boolean {
  return COMBO.test(instrument)
}
