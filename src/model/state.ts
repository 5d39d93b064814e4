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
  | 'no_proof'
  | 'chain'
  | 'no_picture'
  | LevelProblem
  | 'one_sided'
  | 'empty'
  | HaltReason

/** The exchange's word for an instrument that does not trade, or maintenance of the platform. */
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
