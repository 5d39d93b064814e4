import type { HistogramSeries } from './histogram.ts'

/** The window: one minute in steps of ten seconds. */
const STEPS = 6
const STEP_MS = 10_000

export interface RecentQuantiles {
  readonly count: number
  /** Quantiles in the unit of the histogram; null without an observation. */
  readonly p50: number | null
  readonly p99: number | null
  /** Arithmetic mean, which unlike quantiles may be added to those of other histograms. */
  readonly mean: number | null
}

export interface RecentClock {
  setTimer(callback: () => void, delayMs: number): { cancel(): void }
}

/** Quantiles of the observations of a histogram in the last 50 to 60 seconds. */
export class RecentHistogram {
  readonly #series: HistogramSeries
  /** State of the series at the last steps, oldest first. */
  readonly #earlier: { readonly counts: Float64Array; readonly sum: number }[] = []

  constructor(series: HistogramSeries) {
    this.#series = series
    this.#remember()
  }

  /** Advances the window by one step; call it every ten seconds. */
  step(): void {
    this.#remember()
    if (this.#earlier.length > STEPS) this.#earlier.shift()
  }

  read(): RecentQuantiles {
    const [oldest] = this.#earlier
    const counts = this.#series.counts.map((count, index) => count - (oldest?.counts[index] ?? 0))
    const count = counts.reduce((sum, part) => sum + part, 0)
    const { bounds } = this.#series
    return {
      count,
      p50: quantileOf(counts, bounds, 0.5),
      p99: quantileOf(counts, bounds, 0.99),
      // Not below zero, where the difference of two large sums has lost its digits.
      mean: count === 0 ? null : Math.max(0, this.#series.sum - (oldest?.sum ?? 0)) / count,
    }
  }

  #remember(): void {
    const { counts, sum } = this.#series
    this.#earlier.push({ counts: counts.slice(), sum })
  }
}

/** Advances several windows on one timer. */
export class RecentHistograms {
  readonly #histograms = new Map<string, RecentHistogram>()
  readonly #clock: RecentClock
  #timer: { cancel(): void } | null = null

  constructor(seriesByStage: ReadonlyMap<string, HistogramSeries>, clock: RecentClock) {
    this.#clock = clock
    for (const [name, series] of seriesByStage)
      this.#histograms.set(name, new RecentHistogram(series))
  }

  start(): void {
    this.#timer = this.#clock.setTimer(() => {
      for (const histogram of this.#histograms.values()) histogram.step()
      this.start()
    }, STEP_MS)
  }

  stop(): void {
    this.#timer?.cancel()
  }

  read(): ReadonlyMap<string, RecentQuantiles> {
    return new Map([...this.#histograms].map(([name, histogram]) => [name, histogram.read()]))
  }
}

/**
 * Computes a quantile of observations by bucket, interpolated within its bucket as Prometheus
 * does; above the last bound it is that bound. null without an observation.
 * @param counts not cumulative; the last bucket is +Inf
 * @param bounds upper bounds, ascending, without +Inf
 * @param quantile 0 to 1
 */
export function quantileOf(
  counts: ArrayLike<number> & Iterable<number>,
  bounds: readonly number[],
  quantile: number,
): number | null {
  let total = 0
  for (const count of counts) total += count
  const rank = quantile * total
  let below = 0
  for (let index = 0; index < counts.length; index += 1) {
    const count = counts[index] ?? 0
    if (count > 0 && below + count >= rank) {
      const low = bounds[index - 1] ?? 0
      const high = bounds[index] ?? low
      return low + ((high - low) * (rank - below)) / count
    }
    below += count
  }
  return null
}
