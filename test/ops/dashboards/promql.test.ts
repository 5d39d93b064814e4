import { describe, expect, it } from 'vitest'
import { selectorsOf, syntaxError } from '../../../tools/ops/dashboards/promql.ts'

describe('selectors of PromQL', () => {
  it('have their matchers, their range and the function that takes them', () => {
    const expr =
      'sum by (le) (rate(a_total{job=~"$job", x!="}"}[$__rate_interval] offset 1h)) / on (b) group_left (c) max(d @ start())'
    expect(selectorsOf(expr)).toEqual([
      {
        name: 'a_total',
        matchers: [
          { label: 'job', op: '=~', value: '$job' },
          { label: 'x', op: '!=', value: '}' },
        ],
        range: '$__rate_interval',
        call: 'rate',
      },
      // `max` aggregates: it takes no range, and no counter becomes a rate by it.
      { name: 'd', matchers: [], range: null, call: null },
    ])
  })

  it('are found in subqueries', () => {
    expect(selectorsOf('max_over_time(a{b="c"}[5m:10s])')).toMatchObject([
      { name: 'a', range: null },
    ])
  })
})

describe('the syntax of PromQL', () => {
  it.each(['up', 'rate(a[$__rate_interval])', 'a > bool 1 or b', '-1 * a{b=""}'])(
    'is that of %s',
    (expr) => {
      expect(syntaxError(expr)).toBeNull()
    },
  )

  it.each(['', 'sum(', 'a{b}', 'rate(a[)', 'a b'])('is not that of %j', (expr) => {
    expect(syntaxError(expr)).not.toBeNull()
  })
})
