/** The states of a book in order of precedence: the first that applies wins (design of the contract, section 6). */
export const BOOK_STATES = [
  'catching_up',
  'stale',
  'gap',
  'waiting',
  'halted',
  'invalid',
  'one_sided',
  'live',
] as const

export type BookState = (typeof BOOK_STATES)[number]

/** What makes levels unusable. The first three are wrong data, the last two a wrong moment. */
export type LevelProblem = 'non_finite' | 'negative' | 'unsorted' | 'crossed' | 'locked'

export type StateReason =
  | 'backlog'
  | 'clock_or_late_producer'
  | 'unverified'
  | 'sequence_gap'
  | 'no_snapshot'
  | LevelProblem
  | 'one_sided'
  | 'empty'
  | HaltReason

/** The exchange's status of an instrument that does not trade, or maintenance of the platform. */
export const HALT_REASONS = [
  'locked',
  'settlement',
  'delivered',
  'inactive',
  'halted',
  'archivized',
  'maintenance',
] as const

export type HaltReason = (typeof HALT_REASONS)[number]

/** State of one book at one moment. `reason` is null only for `live`. */
export interface StateView {
  readonly state: BookState
  readonly reason: StateReason | null
  /** Since when the state and reason hold, wall clock, epoch ms. */
  readonly sinceMs: number
}

/** After its notice of maintenance the exchange disconnects everybody within this. */
export const MAINTENANCE_CUTS_WITHIN_MS = 10_000
/** Maintenance that nobody ended is believed for so long. */
export const MAX_MAINTENANCE_MS = 3_600_000

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

/** The exchange's status of an instrument: it trades, or why not. */
export type InstrumentStatus = 'open' | HaltReason
