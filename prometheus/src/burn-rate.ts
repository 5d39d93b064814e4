import { alert, type AlertRule } from './rule.ts'
import type { DashboardUid, VariableLabel } from './links.ts'
import { KEPT } from './thresholds.ts'

/**
 * Burn rates of the 30-day error budget that alert, each over a long window for
 * certainty and a short one that resolves the alert soon after the fault (Google, The Site Reliability
 * Workbook, chapter 5).
 */
export const BURN_RATES = [
  { name: 'Fast', factor: 14.4, long: '1h', short: '5m', severity: 'critical', for: '1m' },
  { name: 'Sustained', factor: 6, long: '6h', short: '30m', severity: 'critical', for: '2m' },
  { name: 'Slow', factor: 3, long: '1d', short: '2h', severity: 'warning', for: '5m' },
  { name: 'Trickle', factor: 1, long: '3d', short: '6h', severity: 'warning', for: '15m' },
] as const

export type BurnWindow = (typeof BURN_RATES)[number]['long' | 'short']

export interface Objective {
  /** Prefix of the alert names: `OrderBookLag` gives `OrderBookLagBudgetBurnFast` and so on. */
  readonly prefix: string
  /** Label `slo`. */
  readonly slo: string
  /** Recorded series of the bad share over a window. */
  readonly series: (window: BurnWindow) => string
  /** Series that exists where the objective has been measured for this long. Default: not asked. */
  readonly knownSince?: (window: BurnWindow) => string
  /** Series of the job whose presence means that the measurement is wrong. */
  readonly unless?: string
  /** Error budget: the share that may be bad. */
  readonly budget: number
  /** Subject of the summary: `Book of {{ $labels.instrument }}`. */
  readonly subject: string
  /** Name of the budget: `freshness`. */
  readonly word: string
  /** Describes `$value` of the short window: `Stale {{ $value | humanizePercentage }} of the last`. */
  readonly said: string
  readonly dashboard: readonly [DashboardUid, ...VariableLabel[]]
}

/** The four alerts of an objective; both windows must exceed the limit. */
export function burnRateAlerts(objective: Objective): AlertRule[] {
  const { series, knownSince, unless, budget, subject, word, said, slo, dashboard } = objective
  return BURN_RATES.map((rate) => {
    const limit = `(${rate.factor} * ${budget})`
    return alert({
      alert: `${objective.prefix}BudgetBurn${rate.name}`,
      expr: [
        `${series(rate.short)} > ${limit}`,
        `${series(rate.long)} > ${limit}`,
        ...(knownSince === undefined ? [] : [knownSince(rate.long)]),
      ]
        .join('\nand\n')
        .concat(unless === undefined ? '' : `\nunless on (job)\n${unless}`),
      for: rate.for,
      keepFiringFor: KEPT,
      severity: rate.severity,
      labels: { slo },
      summary: `${subject} uses up its ${word} budget ${tooFast(rate.factor)}`,
      description: `${said} ${textOf(rate.short)}; objective ${objectiveText(budget)} over 30 days.`,
      dashboard,
    })
  })
}

function tooFast(factor: number): string {
  return factor === 1 ? 'too fast' : `${factor} times too fast`
}

function objectiveText(budget: number): string {
  return `${Number(((1 - budget) * 100).toFixed(4))} %`
}

function textOf(window: BurnWindow): string {
  const unit = { m: 'minutes', h: 'hours', d: 'days' }[window.slice(-1)]
  const count = window.slice(0, -1)
  return count === '1' ? `the last ${unit?.slice(0, -1)}` : `the last ${count} ${unit}`
}
