import type { FrameLevels } from '../model/frames.ts'
import type { LevelProblem } from '../model/status.ts'

/** Invalid data: such levels are never applied to a book. */
export type BadLevels = Extract<LevelProblem, 'non_finite' | 'negative' | 'unsorted'>

export function isBadLevels(result: string): result is BadLevels {
  return result === 'non_finite' || result === 'negative' || result === 'unsorted'
}

/** Valid data of a book that cannot be traded on. */
export type BadTop = Extract<LevelProblem, 'crossed' | 'locked'>

/** Rules for the levels of one instrument. */
export interface LevelRules {
  /** Combos may have negative prices; amounts are never negative. */
  readonly allowsNegativePrices: boolean
}

const POSITIVE: LevelRules = { allowsNegativePrices: false }

/**
 * Checks the levels of a grouped or incremental snapshot: finite, not negative, bids strictly
 * descending, asks strictly ascending. Returns the first problem, or null. A number such as `1e999`
 * in a frame arrives here as Infinity.
 */
export function findBadLevels(
  bids: FrameLevels,
  asks: FrameLevels,
  rules: LevelRules = POSITIVE,
): BadLevels | null {
  return findBadSide(bids, -1, rules) ?? findBadSide(asks, 1, rules)
}

/** Checks the levels of a change, which may be in any order. Returns the first problem, or null. */
export function findBadChange(
  bids: FrameLevels,
  asks: FrameLevels,
  rules: LevelRules = POSITIVE,
): BadLevels | null {
  return findBadSide(bids, 0, rules) ?? findBadSide(asks, 0, rules)
}

function findBadSide(
  levels: FrameLevels,
  direction: -1 | 0 | 1,
  { allowsNegativePrices }: LevelRules,
): BadLevels | null {
  let last = direction === 1 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const { prices, amounts, size } = levels
  for (let index = 0; index < size; index += 1) {
    const price = prices[index] ?? NaN
    const amount = amounts[index] ?? NaN
    if (!Number.isFinite(price) || !Number.isFinite(amount)) return 'non_finite'
    if (amount < 0 || (price < 0 && !allowsNegativePrices)) return 'negative'
    if (direction !== 0) {
      if (direction === 1 ? price <= last : price >= last) return 'unsorted'
      last = price
    }
  }
  return null
}

/** Checks the best prices of a two-sided book; null if it can be traded on. */
export function findBadTop(bestBidPrice: number, bestAskPrice: number): BadTop | null {
  if (bestBidPrice > bestAskPrice) return 'crossed'
  if (bestBidPrice === bestAskPrice) return 'locked'
  return null
}
