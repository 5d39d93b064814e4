/**
 * States of a book in order of precedence: the first that applies wins. Before the first snapshot
 * the state is always `waiting`.
 */
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

/**
 * Why levels are unusable. The first two are valid data of a book that cannot be traded on; the
 * others are invalid data.
 */
export const LEVEL_PROBLEMS = ['crossed', 'locked', 'unsorted', 'non_finite', 'negative'] as const

export type LevelProblem = (typeof LEVEL_PROBLEMS)[number]

const OTHER_HALTS = [
  'settlement',
  'delivered',
  'inactive',
  'halted',
  'archivized',
  'maintenance',
] as const

/** The exchange's status of an instrument that does not trade, or maintenance of the platform. */
export const HALT_REASONS = ['locked', ...OTHER_HALTS] as const

export type HaltReason = (typeof HALT_REASONS)[number]

/** Why a book has no values. `locked` is a problem of the levels and a halt. */
export const STATE_REASONS = [
  'backlog',
  'clock_or_late_producer',
  'unverified',
  'producer_stopped',
  'sequence_gap',
  'no_snapshot',
  ...LEVEL_PROBLEMS,
  'one_sided',
  'empty',
  ...OTHER_HALTS,
] as const

export type StateReason = (typeof STATE_REASONS)[number]

/** State of one book at one time. `reason` is null only for `live`. */
export interface StateView {
  readonly state: BookState
  readonly reason: StateReason | null
  /** Since when state and reason hold, wall clock, epoch ms. */
  readonly sinceMs: number
}

/** State of the book of an instrument. */
export interface NamedState extends StateView {
  readonly instrument: string
}

/** The exchange closes all connections within this time after its maintenance notice. */
export const MAINTENANCE_CUTS_WITHIN_MS = 10_000
/** Maintenance without an explicit end expires after this time. */
export const MAX_MAINTENANCE_MS = 3_600_000

/** Instrument data from the exchange. */
export interface InstrumentInfo {
  readonly instrument: string
  /** `future`, `option`, `spot`, or a kind of combo. */
  readonly kind: string
  readonly baseCurrency: string
  readonly quoteCurrency: string
  /** Unit of every amount: `USD` for inverse products, the base coin otherwise. */
  readonly amountUnit: string
  readonly tickSize: number
  /** Such as `btc_usd`; locking it locks the instrument. */
  readonly priceIndex: string
  /** null for a status of the exchange that is unknown to us. */
  readonly status: InstrumentStatus | null
}

/**
 * Whether an entry of INSTRUMENTS is a name. Other entries, `kind:currency`, are selectors, which
 * only the exchange can resolve to names.
 */
export function isInstrumentName(name: string): boolean {
  return !name.includes(':')
}

/** A combo has a strategy code where a future or an option has its date: `BTC-FS-25DEC26_PERP`. */
const COMBO = /^[A-Za-z0-9_]+-[A-Za-z][A-Za-z0-9]*-/

/**
 * Whether an instrument may have prices of 0 and below: those of a combo are differences of prices.
 * Decided by the name alone, as consumers have no other reliable source and both roles must agree.
 */
export function mayHaveNegativePrices(instrument: string): boolean {
  return COMBO.test(instrument)
}

/** The exchange's status of an instrument: `open`, or why it does not trade. */
export type InstrumentStatus = 'open' | HaltReason
