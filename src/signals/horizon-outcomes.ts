import {
  HORIZON_OUTCOMES,
  type HorizonOutcome,
  SIGNAL_STRENGTHS,
  type SignalStrength,
} from '../model/signals.ts'

const WEAK_BELOW = 1 / 3
const MEDIUM_BELOW = 2 / 3

/** Counts of the outcomes of one depth at one horizon, by strength. */
export class HorizonOutcomes {
  readonly #counts = SIGNAL_STRENGTHS.map(() => HORIZON_OUTCOMES.map(() => 0))

  /**
   * Counts a sample; false if the imbalance is exactly 0 and the price moved, as it predicted
   * nothing.
   * @param imbalance -1 to 1
   * @param logReturn log return of the mid-price at the horizon; neither may be NaN
   */
  count(imbalance: number, logReturn: number): boolean {
    const outcome = outcomeOf(imbalance, logReturn)
    if (outcome === null) return false
    const counts = this.#counts[SIGNAL_STRENGTHS.indexOf(strengthOf(Math.abs(imbalance)))]
    const index = HORIZON_OUTCOMES.indexOf(outcome)
    if (counts !== undefined) counts[index] = (counts[index] ?? 0) + 1
    return true
  }

  /** Counts by strength and outcome, in the order of SIGNAL_STRENGTHS and HORIZON_OUTCOMES. */
  get counts(): readonly (readonly number[])[] {
    return this.#counts
  }

  of(strength: SignalStrength): Readonly<Record<HorizonOutcome, number>> {
    const [hit = 0, miss = 0, unmoved = 0] = this.#counts[SIGNAL_STRENGTHS.indexOf(strength)] ?? []
    return { hit, miss, unmoved }
  }
}

function strengthOf(size: number): SignalStrength {
  if (size < WEAK_BELOW) return 'weak'
  return size < MEDIUM_BELOW ? 'medium' : 'strong'
}

function outcomeOf(imbalance: number, logReturn: number): HorizonOutcome | null {
  if (logReturn === 0) return 'unmoved'
  if (imbalance === 0) return null
  return imbalance > 0 === logReturn > 0 ? 'hit' : 'miss'
}
