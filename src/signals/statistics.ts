import type { Estimate } from '../model/signals.ts'

/** Two-sided 95 % quantile of the normal distribution. */
const Z = 1.959963984540054

/** Estimates from fewer effective cases are null. */
export const MIN_CASES = 100

/**
 * Effective number of samples that start each second and last `horizonMs`: samples x 1 s / horizon,
 * as overlapping samples are not independent.
 */
export function effectiveCases(samples: number, horizonMs: number): number {
  return (samples * 1000) / horizonMs
}

/**
 * Share of hits, 0 to 1, with its 95 % Wilson score interval (Wilson 1927), which also holds for
 * shares near 0 and 1.
 * @param cases effective number of cases, which determines the width; null below 100
 */
export function hitRate(hits: number, misses: number, cases: number): Estimate | null {
  if (cases < MIN_CASES) return null
  const share = hits / (hits + misses)
  const square = (Z * Z) / cases
  const center = (share + square / 2) / (1 + square)
  const half = (Z / (1 + square)) * Math.sqrt((share * (1 - share)) / cases + square / (4 * cases))
  // Rounding may move a bound out of [0, 1] by the last digit.
  const interval = { low: Math.max(0, center - half), high: Math.min(1, center + half) }
  return { value: share, interval }
}

/**
 * Correlation with its 95 % interval by Fisher's z transformation (Fisher 1915).
 * @param correlation -1 to 1; the result is null if it is NaN
 * @param cases effective number of cases, which determines the width; null below 100
 */
export function correlationEstimate(correlation: number, cases: number): Estimate | null {
  if (cases < MIN_CASES || Number.isNaN(correlation)) return null
  const z = Math.atanh(correlation)
  const half = Z / Math.sqrt(cases - 3)
  return { value: correlation, interval: { low: Math.tanh(z - half), high: Math.tanh(z + half) } }
}

/** Result of a linear regression of y on x. */
export interface Regression {
  readonly samples: number
  /** -1 to 1; NaN, as the slope, if x or y does not vary. */
  readonly correlation: number
  /** Change of y per unit of x. */
  readonly slope: number
}

/**
 * Pearson correlation and least-squares slope of the pairs in which both numbers are defined, in
 * two passes: sums of products without the means would lose digits.
 */
export function regress(xs: ArrayLike<number>, ys: ArrayLike<number>, length: number): Regression {
  let samples = 0
  let sumX = 0
  let sumY = 0
  for (let index = 0; index < length; index++) {
    const x = xs[index] ?? NaN
    const y = ys[index] ?? NaN
    if (Number.isNaN(x + y)) continue
    samples += 1
    sumX += x
    sumY += y
  }
  const meanX = sumX / samples
  const meanY = sumY / samples
  let xx = 0
  let yy = 0
  let xy = 0
  let firstX = NaN
  let firstY = NaN
  let isConstantX = true
  let isConstantY = true
  for (let index = 0; index < length; index++) {
    const x = xs[index] ?? NaN
    const y = ys[index] ?? NaN
    if (Number.isNaN(x + y)) continue
    if (Number.isNaN(firstX)) [firstX, firstY] = [x, y]
    isConstantX &&= x === firstX
    isConstantY &&= y === firstY
    const dx = x - meanX
    const dy = y - meanY
    xx += dx * dx
    yy += dy * dy
    xy += dx * dy
  }
  // Rounding may give equal values a variance above 0.
  if (isConstantX || isConstantY) return { samples, correlation: NaN, slope: NaN }
  const correlation = xy / Math.sqrt(xx * yy)
  return { samples, correlation: Math.min(1, Math.max(-1, correlation)), slope: xy / xx }
}
