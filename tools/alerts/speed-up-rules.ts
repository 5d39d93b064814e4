import { isAlert, type Rule, type RuleGroup } from '../../prometheus/src/rule.ts'
import { promqlNames } from '../ops/promql-names.ts'

/** Default divisor of waits and windows. */
export const HASTE = 20
/** Rules with longer windows are omitted: they take hours even when shortened. promtool tests them. */
const LONGEST_WINDOW_MS = 3_600_000
/** Scrape and evaluation interval. */
const LEAST_INTERVAL_MS = 1000

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
/** A range in brackets, or an offset. */
const WINDOW = /\[(\d+[smhd])\]|\boffset (\d+[smhd])\b/g

/**
 * Divides every wait and window of the rules by `haste`. Rules with a window above an hour, and
 * those that read recordings of such rules, are omitted.
 */
export function speedUpRules(groups: readonly RuleGroup[], haste = HASTE): RuleGroup[] {
  const excluded = new Set<string>()
  const isKept = (rule: Rule) => {
    const windows = [...rule.expr.matchAll(WINDOW)].map(([, range, offset]) => range ?? offset)
    const isLong = windows.some((window = '0s') => durationMs(window) > LONGEST_WINDOW_MS)
    if (!isLong && !promqlNames(rule.expr).some((name) => excluded.has(name))) return true
    if (!isAlert(rule)) excluded.add(rule.record)
    return false
  }
  return groups
    .map((group) => ({
      ...group,
      ...(group.interval === undefined
        ? {}
        : { interval: speedUp(group.interval, haste, LEAST_INTERVAL_MS) }),
      rules: group.rules.filter(isKept).map((rule) => speedUpRule(rule, haste)),
    }))
    .filter(({ rules }) => rules.length > 0)
}

function speedUpRule<R extends Rule>(rule: R, haste: number): R {
  const expr = rule.expr.replaceAll(WINDOW, (found: string, range?: string, offset?: string) =>
    found.replace(range ?? offset ?? '', speedUp(range ?? offset ?? '0s', haste)),
  )
  if (!isAlert(rule)) return { ...rule, expr }
  return {
    ...rule,
    expr,
    ...(rule.for === undefined ? {} : { for: speedUp(rule.for, haste) }),
    ...(rule.keep_firing_for === undefined
      ? {}
      : { keep_firing_for: speedUp(rule.keep_firing_for, haste) }),
  }
}

/** A fraction of a duration in milliseconds, in Prometheus syntax. */
function speedUp(duration: string, haste: number, leastMs = 1): string {
  return `${Math.max(leastMs, Math.round(durationMs(duration) / haste))}ms`
}

/** Parses a duration. @throws Error where it is not a single Prometheus duration */
function durationMs(duration: string): number {
  const [, count, unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? []
  const unitMs = UNITS_MS[unit]
  if (count === undefined || unitMs === undefined) throw new Error(`${duration} is not a duration`)
  return Number(count) * unitMs
}
