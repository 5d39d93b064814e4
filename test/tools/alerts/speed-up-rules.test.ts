import { describe, expect, it } from 'vitest'
import { alert, type RuleGroup } from '../../../prometheus/src/rule.ts'
import { speedUpRules } from '../../../tools/alerts/speed-up-rules.ts'

const words = { severity: 'warning', summary: 's', description: '$value' } as const

function group(...rules: RuleGroup['rules']): RuleGroup {
  return { name: 'orderbook_test', interval: '1m', rules }
}

const recorded = (window: string) => ({
  record: `job:lag:ratio_rate${window}`,
  expr: `avg_over_time(job:lag:bool[${window}])`,
})
const burning = (name: string, window: string) =>
  alert({
    ...words,
    alert: name,
    expr: `job:lag:ratio_rate5m > 0.1 and job:lag:ratio_rate${window} > 0.1`,
    for: '15s',
    keepFiringFor: '2m',
    dashboard: ['orderbook-overview'],
  })

describe('rules with shortened waits', () => {
  it('divide every wait and window by twenty and change nothing else', () => {
    const [spedUp] = speedUpRules([
      group(
        { record: 'a:b:c', expr: 'increase(x_total[5m]) > 5 unless (x_total offset 10m) > 20' },
        burning('Fast', '1h'),
      ),
    ])
    const { annotations, labels } = burning('Fast', '1h')
    expect(spedUp).toEqual({
      name: 'orderbook_test',
      interval: '3000ms',
      rules: [
        {
          record: 'a:b:c',
          expr: 'increase(x_total[15000ms]) > 5 unless (x_total offset 30000ms) > 20',
        },
        {
          alert: 'Fast',
          expr: burning('Fast', '1h').expr,
          for: '750ms',
          keep_firing_for: '6000ms',
          annotations,
          labels,
        },
      ],
    })
  })

  it('are never evaluated more often than scraped', () => {
    const [spedUp] = speedUpRules([{ ...group(recorded('5m')), interval: '15s' }])
    expect(spedUp?.interval).toBe('1000ms')
  })

  it('exclude rules with windows of hours, and alerts that read them', () => {
    const groups = speedUpRules([
      group(recorded('5m'), recorded('1h'), recorded('6h')),
      group(burning('Fast', '1h'), burning('Sustained', '6h')),
      group(recorded('1d')),
    ])
    expect(
      groups.map(({ rules }) => rules.map((rule) => Object.values(rule)[0] as string)),
    ).toEqual([['job:lag:ratio_rate5m', 'job:lag:ratio_rate1h'], ['Fast']])
  })
})
