import type { Target } from '../dashboard-model.ts'
import { selectorsOf, syntaxError, type Selector } from '../promql.ts'
import { targetRule, type LintRule } from './rule.ts'

const RATES = ['rate', 'irate', 'increase']
const LOKI = 'loki'

/** A rule for PromQL queries. */
const promqlRule = (name: string, check: (expr: string) => readonly string[]) =>
  targetRule(name, (target) => (isLoki(target) ? [] : check(target.expr)))

/** A rule for each selector of PromQL. */
const selectorRule = (name: string, check: (selector: Selector) => string | null) =>
  promqlRule(name, (expr) =>
    selectorsOf(expr).flatMap((selector) => {
      const problem = check(selector)
      return problem === null ? [] : [`${selector.name} ${problem}`]
    }),
  )

const promql = promqlRule('target-promql-rule', (expr) => {
  const problem = syntaxError(expr)
  return problem === null ? [] : [`is not valid PromQL: ${problem}`]
})

const rateInterval = selectorRule('target-rate-interval-rule', ({ range, call }) =>
  RATES.includes(call ?? '') && range !== '$__rate_interval'
    ? `has a rate over ${range}, not over $__rate_interval`
    : null,
)

/** Requires exactly this form of the variable; other forms are not supported everywhere. */
const matcherRule = (label: string) =>
  selectorRule(`target-${label}-rule`, ({ matchers }) =>
    matchers.some((one) => one.label === label && one.op === '=~' && one.value === `$${label}`)
      ? null
      : `has no ${label}=~"$${label}"`,
  )

const counterAggregation = selectorRule('target-counter-agg-rule', ({ name, call }) =>
  name.endsWith('_total') && !RATES.includes(call ?? '')
    ? 'is a counter without rate, irate or increase'
    : null,
)

const logql = targetRule('target-logql-rule', (target) =>
  !isLoki(target) || /\{[^}]+\}/.test(target.expr)
    ? []
    : ['is not valid LogQL: it has no stream selector'],
)

const logqlAuto = targetRule('target-logql-auto-rule', (target) => {
  const ranges = isLoki(target) ? [...target.expr.matchAll(/\[([^\]]+)\]/g)] : []
  return ranges
    .filter(([, range]) => range !== '$__auto')
    .map(([, range]) => `counts over ${range}, not over $__auto`)
})

function isLoki({ datasource }: Target): boolean {
  return datasource.type === LOKI
}

/** Rules for single queries. */
export const TARGET_RULES: readonly LintRule[] = [
  logql,
  logqlAuto,
  promql,
  rateInterval,
  matcherRule('job'),
  matcherRule('instance'),
  counterAggregation,
]
