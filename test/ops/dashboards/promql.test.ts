import { describe, expect, it } from 'vitest'
import { selectorsOf, syntaxError } from '../../../tools/ops/dashboards/promql.ts'

describe('selectors of PromQL', () => {
  it('have matchers, range and enclosing function', () => {
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
      // `max` is an aggregation: it has no range and makes no rate of a counter.
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
    'accepts %s',
    (expr) => {
      expect(syntaxError(expr)).toBeNull()
    },
  )

  it.each(['', 'sum(', 'a{b}', 'rate(a[)', 'a b'])('rejects %j', (expr) => {
    expect(syntaxError(expr)).not.toBeNull()
  })
})
