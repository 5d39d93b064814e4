import { selectorsOf, type Selector } from '../promql.ts'
import { targetRule, type LintRule } from './rule.ts'

const RATES = ['rate', 'irate', 'increase']

/** A rule for each selector of PromQL. */
const selectorRule = (name: string, check: (selector: Selector) => string | null) =>
  targetRule(name, ({ expr }) =>
    selectorsOf(expr).flatMap((selector) => {
      const problem = check(selector)
      return problem === null ? [] : [`${selector.name} ${problem}`]
    }),
  )

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

/** Rules for single queries. */
export const TARGET_RULES: readonly LintRule[] = [
  rateInterval,
  matcherRule('job'),
  matcherRule('instance'),
  counterAggregation,
]
