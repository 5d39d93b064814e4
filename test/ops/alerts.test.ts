import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runbookUrl } from '../../prometheus/src/links.ts'
import { ALERT_NAMES, ALERT_RULES, RULE_FILES } from '../../prometheus/src/rule-files.ts'
import { isAlert } from '../../prometheus/src/rule.ts'
import { parseScenario } from '../../src/simulator/faults/catalogue.ts'
import { filesOf } from '../../tools/ops/check-prometheus.ts'
import { knownNames } from '../../tools/ops/known-names.ts'
import { promqlNames } from '../../tools/ops/promql-names.ts'
import { graphUrl, readRunbooks } from '../../tools/ops/runbooks.ts'

/** Every specified alert; two stand for four burn rates each. */
const ASKED_FOR = [
  ...['ExporterDown', 'Stale', 'NotLive', 'FeedDisconnected', 'FeedFlapping', 'GapRate', 'Invalid'],
  ...['PipelineLagHigh', 'ExchangeSlow', 'ExchangeMaintenance', 'ConsumerLagging', 'ConsumerStuck'],
  ...['ConsumerOwnsNothing', 'RecordsDropped', 'ProduceErrors', 'InvalidRecords', 'ClockSkew'],
  ...['EventLoopBlocked'],
  ...['Fast', 'Sustained', 'Slow', 'Trickle'].flatMap((burn) => [
    `LagBudgetBurn${burn}`,
    `FreshnessBudgetBurn${burn}`,
  ]),
].map((name) => `OrderBook${name}`)

interface UnitTest {
  readonly alert_rule_test?: readonly {
    readonly alertname: string
    readonly exp_alerts?: readonly {
      readonly exp_labels: Readonly<Record<string, string>>
      readonly exp_annotations: Readonly<Record<string, string>>
    }[]
  }[]
  readonly promql_expr_test?: readonly { readonly expr: string }[]
}

const unitTests = filesOf('prometheus/tests', '.yml').flatMap(
  (file) => (parse(readFileSync(file, 'utf8')) as { tests: UnitTest[] }).tests,
)
const expectations = unitTests.flatMap(({ alert_rule_test = [] }) => alert_rule_test)
const runbooks = readRunbooks()
const allRules = Object.values(RULE_FILES)
  .flat()
  .flatMap(({ rules }) => rules)

let known: ReadonlySet<string>
beforeAll(async () => {
  known = await knownNames()
})

/** The form of Alertmanager with the name of the alert filled in. */
const silenceOf = (alert: string) =>
  `http://127.0.0.1:9093/#/silences/new?filter=%7Balertname%3D%22${alert}%22%7D`

describe('the alerts', () => {
  it('include all specified alerts', () => {
    expect(ALERT_NAMES).toEqual(expect.arrayContaining(['Watchdog', ...ASKED_FOR]))
  })

  it('have a name and a severity with a receiver', () => {
    for (const { alert, labels } of ALERT_RULES) {
      expect(alert).toMatch(/^(Watchdog|OrderBook([A-Z][a-z]+)+)$/)
      expect(['critical', 'warning', 'info', 'none']).toContain(labels.severity)
    }
  })

  it('have a `for`, except Watchdog', () => {
    const immediate = ALERT_RULES.filter((rule) => rule.for === undefined)
    expect(immediate.map(({ alert }) => alert)).toEqual(['Watchdog'])
  })

  it('have a threshold, and show the value only in annotations', () => {
    for (const { alert, expr, labels, annotations } of ALERT_RULES) {
      expect(expr, alert).toMatch(/(^|\s)(>|<|==|!=|>=|<=)\s/)
      expect(annotations.description, alert).toContain('$value')
      expect(JSON.stringify(labels), alert).not.toContain('$')
    }
  })

  it('link to their runbook, to a dashboard and to their silence', () => {
    for (const { alert, annotations } of ALERT_RULES) {
      expect(annotations.runbook_url).toBe(runbookUrl(alert))
      expect(annotations.silence_url).toBe(silenceOf(alert))
      expect(annotations.dashboard_url).toMatch(
        /^http:\/\/127\.0\.0\.1:3000\/d\/orderbook-(overview|market|pipeline|service)(\?|$)/,
      )
    }
  })
})

describe('the rules', () => {
  it('read only existing metrics', () => {
    for (const rule of allRules) {
      const unknown = promqlNames(rule.expr).filter((name) => !known.has(name))
      expect(unknown, isAlert(rule) ? rule.alert : rule.record).toEqual([])
    }
  })

  it('are in groups whose series have no gaps', () => {
    for (const { name, interval = '5s' } of Object.values(RULE_FILES).flat()) {
      expect(name).toMatch(/^orderbook_[a-z_]+$/)
      expect(['5s', '15s', '1m', '2m', '4m']).toContain(interval)
    }
  })

  it('use only features of all supported versions of Prometheus', () => {
    const forbidden =
      /\b(info|double_exponential_smoothing|holt_winters|first_over_time|mad_over_time|limitk|sort_by_label|histogram_avg|topk)\s*\(|le="\d+(\.0)?"/
    for (const { expr } of allRules) expect(expr).not.toMatch(forbidden)
  })
})

describe('the unit tests of the alerts', () => {
  it.each(ALERT_NAMES)('%s fires with all labels and annotations', (name) => {
    const rules = ALERT_RULES.filter(({ alert }) => alert === name)
    const fired = expectations
      .filter(({ alertname }) => alertname === name)
      .flatMap(({ exp_alerts = [] }) => exp_alerts)
    for (const { labels, annotations } of rules) {
      const own = fired.filter(({ exp_labels }) => exp_labels['severity'] === labels.severity)
      expect(own.length).toBeGreaterThan(0)
      for (const { exp_annotations } of own) {
        expect(Object.keys(exp_annotations).sort()).toEqual(Object.keys(annotations).sort())
      }
    }
  })

  it.each(ALERT_NAMES.filter((name) => name !== 'Watchdog'))(
    '%s is quiet below, pending, and quiet after',
    (name) => {
      const quiet = expectations.filter(
        ({ alertname, exp_alerts = [] }) => alertname === name && exp_alerts.length === 0,
      )
      expect(quiet.length).toBeGreaterThanOrEqual(2)
      const pending = unitTests
        .flatMap(({ promql_expr_test = [] }) => promql_expr_test)
        .filter(({ expr }) => expr === `ALERTS{alertname="${name}",alertstate="pending"}`)
      expect(pending.length).toBeGreaterThan(0)
    },
  )

  it('cover only existing alerts', () => {
    const unknown = expectations.filter(({ alertname }) => !ALERT_NAMES.includes(alertname))
    expect(unknown).toEqual([])
  })
})

describe('the runbooks', () => {
  it('exist for each alert', () => {
    expect(runbooks.map(({ alert }) => alert)).toEqual([...ALERT_NAMES].sort())
  })

  it.each(runbooks)('$alert has all headings', ({ alert, text }) => {
    const headings = [...text.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(
      ([, heading]) => heading,
    )
    expect(headings).toEqual([
      ...[alert, 'What it means', 'Diagnose', 'Reproduce', 'Resolve'],
      'Silence and escalate',
    ])
  })

  it.each(runbooks)('$alert links to its dashboard and its silence', ({ alert, text }) => {
    const rule = ALERT_RULES.find((one) => one.alert === alert)
    const [dashboard = ''] = (rule?.annotations.dashboard_url ?? '').split('?')
    expect(text).toContain(`](${dashboard})`)
    expect(text).toContain(`(${silenceOf(alert)})`)
    expect(text).toContain('- Escalate to: ')
  })

  it.each(runbooks)('$alert begins with three query links', ({ queries }) => {
    expect(queries).toHaveLength(3)
    for (const { query, url } of queries) {
      expect(url).toBe(graphUrl(query))
      expect(promqlNames(query).filter((name) => !known.has(name))).toEqual([])
    }
  })

  it.each(runbooks)('$alert names only existing faults, alerts and metrics', ({ text }) => {
    for (const [, list = ''] of text.matchAll(/"faults":"([^"]+)"/g)) {
      expect(parseScenario(list).length).toBeGreaterThan(0)
    }
    for (const [, link = ''] of text.matchAll(/\]\((\w+)\.md\)/g))
      expect(ALERT_NAMES).toContain(link)
    for (const [name] of text.matchAll(/(?<![:\w])orderbook_\w+/g))
      expect([...known]).toContain(name)
  })
})
