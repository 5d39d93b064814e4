import { alert, type AlertRule } from './rule.ts'
import type { DashboardUid, VariableLabel } from './links.ts'

/**
 * How fast the budget of 30 days may be spent before somebody hears of it, over a long window that
 * makes sure and a short one that ends the alert soon after the trouble (Google, The Site Reliability
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
  /** `OrderBookLag`: the alerts are `OrderBookLagBudgetBurnFast` and so on. */
  readonly prefix: string
  /** Label `slo`. */
  readonly slo: string
  /** Recorded series of the bad share over a window. */
  readonly series: (window: BurnWindow) => string
  /** Share that may be bad. */
  readonly budget: number
  /** Begins the summary: `Book of {{ $labels.instrument }}`. */
  readonly subject: string
  /** The budget in a word: `freshness`. */
  readonly word: string
  /** What `$value` of the short window is: `Stale {{ $value | humanizePercentage }} of the last`. */
  readonly said: string
  readonly dashboard: readonly [DashboardUid, ...VariableLabel[]]
}

/** The four alerts of an objective; both windows have to exceed. */
export function burnRateAlerts(objective: Objective): AlertRule[] {
  const { series, budget, subject, word, said, slo, dashboard } = objective
  return BURN_RATES.map((rate) => {
    const limit = `(${rate.factor} * ${budget})`
    return alert({
      alert: `${objective.prefix}BudgetBurn${rate.name}`,
      expr: `${series(rate.short)} > ${limit}\nand\n${series(rate.long)} > ${limit}`,
      for: rate.for,
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
