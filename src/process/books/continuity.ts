import type { Interruption } from '../../model/signals.ts'
import type { Outcome } from './book-status.ts'

/** What is known of a record and the one before it. */
interface RecordTransition extends Outcome {
  /** Whether the book was stale or behind at any time since the previous record. */
  readonly hasLapsed: boolean
  /**
   * Whether it is in another partition than the previous record: changes in between are unknown.
   */
  readonly hasMoved: boolean
  /** Newest verification before this record (null: none) and with it; epoch ms. */
  readonly verifiedBeforeMs: number | null
  readonly verifiedTimeMs: number
}

/** How a record continues the ones before it, as far as relevant to windows and signals. */
export interface Continuation extends Outcome {
  /** Why it does not directly follow the record before it; null if it does. */
  readonly interruption: Interruption | null
  /** Why the levels cannot be used; null if they are complete, valid and two-sided. */
  readonly unusableReason: Interruption | null
  /** Whether the exchange reports that the instrument does not trade. */
  readonly isHalted: boolean
  /** Newest verification, epoch ms. */
  readonly verifiedTimeMs: number
}

/**
 * Decides whether a record directly follows the one before it. If not, events in between were not
 * seen, and nothing may be computed across: the book was unverified, or the record is of another
 * sequence, channel or partition.
 */
export class Continuity {
  readonly #staleAfterMs: number
  #channel: string | null = null

  constructor(staleAfterMs: number) {
    this.#staleAfterMs = staleAfterMs
  }

  /** Call for each record of the book, in order; null if it directly follows the previous one. */
  check(record: RecordTransition): Extract<Interruption, 'stale' | 'restart'> | null {
    const { result, book, hasLapsed, hasMoved, verifiedBeforeMs, verifiedTimeMs } = record
    const isOther = this.#channel !== null && this.#channel !== book.channel
    this.#channel = book.channel
    // Check record timestamps too: a replay of an unverified period takes almost no time.
    const isUnverifiedPeriod =
      verifiedBeforeMs !== null && verifiedTimeMs - verifiedBeforeMs > this.#staleAfterMs
    if (hasLapsed || isUnverifiedPeriod) return 'stale'
    return hasMoved || isOther || result === 'new_sequence' ? 'restart' : null
  }
}
