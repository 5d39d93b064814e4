import { describe, expect, it } from 'vitest'
import { ALERT_NAMES, RULE_FILES } from '../../../prometheus/src/rule-files.ts'
import { isAlert } from '../../../prometheus/src/rule.ts'
import { parseScenario } from '../../../src/simulator/faults/catalogue.ts'
import { alertsPage, PLAYED_ALERTS } from '../../../tools/alerts/alerts-page.ts'
import { NOT_PLAYED, SCENARIOS } from '../../../tools/alerts/scenarios.ts'
import { filesOutOfStep } from '../../../tools/ops/generated-file.ts'

const firedBy = (scenarios: typeof SCENARIOS) =>
  new Set(scenarios.flatMap(({ fires }) => fires.map(({ alert }) => alert)))

describe('the scenarios of alerts', () => {
  it('cover every alert without windows of hours, or say why not', () => {
    const fired = firedBy(SCENARIOS)
    const missing = PLAYED_ALERTS.filter((name) => name !== 'Watchdog' && !fired.has(name))
    expect(missing.toSorted()).toEqual(Object.keys(NOT_PLAYED).toSorted())
  })

  it('leave only slow burn rates to promtool', () => {
    const left = ALERT_NAMES.filter((name) => !PLAYED_ALERTS.includes(name))
    for (const name of left) expect(name).toMatch(/BudgetBurn(Sustained|Slow|Trickle)$/)
  })

  const playedOf = Object.entries(RULE_FILES).map(([name, groups]) => {
    const alerts = groups.flatMap(({ rules }) => rules.filter(isAlert)).map(({ alert }) => alert)
    return [name, alerts.filter((alert) => firedBy(SCENARIOS).has(alert))] as const
  })

  it.each(playedOf.filter(([, alerts]) => alerts.length > 0))(
    'has one for CI that shows an alert of %s',
    (_name, alerts) => {
      const fired = firedBy(SCENARIOS.filter(({ isForCi }) => isForCi))
      expect(alerts.some((name) => fired.has(name))).toBe(true)
    },
  )

  it('name only existing alerts, and each scenario once', () => {
    const named = SCENARIOS.flatMap(({ fires, mayFire = [] }) => [
      ...fires.map(({ alert }) => alert),
      ...mayFire,
    ])
    expect(named.filter((name) => !ALERT_NAMES.includes(name))).toEqual([])
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length)
  })

  it('name only faults of the simulator', () => {
    for (const { how } of SCENARIOS) {
      const [, faults] = /^simulator: `([^`]+)`/.exec(how) ?? []
      if (faults !== undefined) expect(parseScenario(faults).length).toBeGreaterThan(0)
    }
  })

  it('match docs/alerts.md: npm run test:alerts -- --all writes it', async () => {
    expect(await filesOutOfStep([alertsPage(SCENARIOS)])).toEqual([])
  })
})
