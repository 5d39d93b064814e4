import { describe, expect, it } from 'vitest'
import { parseDashboard, readDashboards } from '../../../tools/ops/dashboards/dashboard-model.ts'
import { parseExclusions, readExclusions } from '../../../tools/ops/dashboards/lint/exclusions.ts'
import { LINT_RULES, lintDashboards } from '../../../tools/ops/dashboards/lint/lint.ts'

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }
const SELECTOR = 'x_total{job=~"$job", instance=~"$instance"}'

const variable = (name: string, label: string, changes: object = {}) => ({
  name,
  label,
  type: 'query',
  query: { query: `label_values(up, ${name})` },
  datasource: DATASOURCE,
  multi: true,
  allValue: '.+',
  refresh: 2,
  ...changes,
})
const datasource = {
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'prometheus',
}
const job = variable('job', 'Job')
const instance = variable('instance', 'Instance')
const variables = (...list: object[]) => ({ templating: { list } })

const target = (expr: string, changes: object = {}) => ({
  refId: 'A',
  expr,
  datasource: DATASOURCE,
  ...changes,
})
const panel = (changes: object = {}) => ({
  id: 1,
  type: 'timeseries',
  title: 'A panel',
  description: 'What it is.',
  datasource: DATASOURCE,
  targets: [target(`rate(${SELECTOR}[$__rate_interval])`)],
  fieldConfig: { defaults: { unit: 's' } },
  ...changes,
})
const panels = (...list: object[]) => ({ panels: list })
const withQuery = (expr: string, changes: object = {}) =>
  panels(panel({ targets: [target(expr, changes)] }))

const GOOD = {
  title: 'A dashboard',
  editable: false,
  ...variables(datasource, job, instance),
  ...panels(panel()),
}

/** Names of the rules that a dashboard breaks. */
function broken(changes: object): string[] {
  const dashboard = parseDashboard({ ...GOOD, ...changes })
  const rules = LINT_RULES.filter((rule) => rule.check(dashboard).length > 0)
  return rules.map(({ name }) => name)
}

/** Dashboards that break exactly one rule. */
const CASES: readonly [rule: string, what: string, changes: object][] = [
  [
    'template-datasource-rule',
    'no data source to choose',
    { ...variables(job, instance), panels: [] },
  ],
  [
    'template-datasource-rule',
    'another label for it',
    variables({ ...datasource, label: 'Source' }, job, instance),
  ],
  ['template-job-rule', 'no variable for the job', variables(datasource, instance)],
  [
    'template-job-rule',
    'another "All" value',
    variables(datasource, variable('job', 'Job', { allValue: '.*' }), instance),
  ],
  [
    'template-job-rule',
    'one job only',
    variables(datasource, variable('job', 'Job', { multi: false }), instance),
  ],
  [
    'template-job-rule',
    'jobs of another data source',
    variables(
      datasource,
      variable('job', 'Job', { datasource: { type: 'prometheus', uid: 'other' } }),
      instance,
    ),
  ],
  ['template-instance-rule', 'no variable for the instance', variables(datasource, job)],
  [
    'template-instance-rule',
    'a label in lower case',
    variables(datasource, job, variable('instance', 'instance')),
  ],
  [
    'template-on-time-change-reload-rule',
    'a variable that is not refreshed',
    variables(datasource, job, variable('instance', 'Instance', { refresh: 1 })),
  ],
  [
    'panel-datasource-rule',
    'a panel with a data source of its own',
    panels(panel({ datasource: { type: 'prometheus', uid: 'mine' } })),
  ],
  ['panel-title-description-rule', 'a panel without a title', panels(panel({ title: '' }))],
  [
    'panel-title-description-rule',
    'a panel without a description',
    panels(panel({ description: '' })),
  ],
  ['panel-units-rule', 'a panel without a unit', panels(panel({ fieldConfig: { defaults: {} } }))],
  [
    'panel-units-rule',
    'an unknown unit',
    panels(panel({ fieldConfig: { defaults: { unit: 'seconds' } } })),
  ],
  ['panel-no-targets-rule', 'a panel that asks nothing', panels(panel({ targets: [] }))],
  [
    'panel-no-targets-rule',
    'the same in a closed row',
    panels({ type: 'row', panels: [panel({ targets: [] })] }),
  ],
  ['target-rate-interval-rule', 'a rate over five minutes', withQuery(`rate(${SELECTOR}[5m])`)],
  [
    'target-rate-interval-rule',
    'an increase over five minutes',
    withQuery(`increase(${SELECTOR}[5m])`),
  ],
  ['target-job-rule', 'all jobs', withQuery('up{instance=~"$instance"}')],
  [
    'target-job-rule',
    'the variable in braces',
    withQuery('up{job=~"${job}", instance=~"$instance"}'),
  ],
  [
    'target-job-rule',
    'one of two selectors without it',
    withQuery('up{job=~"$job", instance=~"$instance"} / up{instance=~"$instance"}'),
  ],
  ['target-instance-rule', 'all instances', withQuery('up{job=~"$job"}')],
  ['target-counter-agg-rule', 'a counter as it is', withQuery(`sum(${SELECTOR})`)],
  [
    'target-counter-agg-rule',
    'a counter in another function',
    withQuery(`max_over_time(${SELECTOR}[$__rate_interval])`),
  ],
  ['uneditable-dashboard', 'a dashboard that can be edited', { editable: true }],
]

describe('the lint', () => {
  it('accepts a dashboard that follows the rules', () => {
    expect(broken({})).toEqual([])
  })

  it.each(CASES)('%s reports: %s', (rule, _what, changes) => {
    expect(broken(changes)).toEqual([rule])
  })

  it('has the 13 rules of dashboard-linter that nothing else proves, each with a failing example', () => {
    const names = LINT_RULES.map(({ name }) => name)
    expect(names).toHaveLength(13)
    expect([...new Set(CASES.map(([rule]) => rule))].sort()).toEqual([...names].sort())
  })

  it('accepts a rate of a counter with an offset', () => {
    expect(broken(withQuery(`rate(${SELECTOR}[$__rate_interval] offset 1h)`))).toEqual([])
  })
})

describe('exclusions of the lint', () => {
  const [counter] = parseExclusions(`
exclusions:
  target-counter-agg-rule:
    reason: exact
    entries:
      - {dashboard: A dashboard, panel: A panel, targetIdx: '0'}`)
  const raw = parseDashboard({ ...GOOD, ...withQuery(`sum(${SELECTOR})`) })

  it('exclude one rule for one query', () => {
    expect(lintDashboards([raw], counter === undefined ? [] : [counter])).toEqual([])
    expect(lintDashboards([raw], [])).toHaveLength(1)
  })

  it('are reported when they are not needed', () => {
    const good = parseDashboard(GOOD)
    expect(lintDashboards([good], counter === undefined ? [] : [counter])).toEqual([
      '.lint: target-counter-agg-rule need not be excluded for A dashboard, A panel',
    ])
  })

  it.each([
    ['a reason', 'exclusions: {target-job-rule: {entries: [{dashboard: A, panel: B}]}}'],
    ['panels', 'exclusions: {target-job-rule: {reason: because}}'],
    [
      'a panel in each entry',
      'exclusions: {target-job-rule: {reason: because, entries: [{dashboard: A}]}}',
    ],
  ])('need %s', (_what, yaml) => {
    expect(() => parseExclusions(yaml)).toThrow('.lint: target-job-rule is excluded')
  })
})

describe('our dashboards', () => {
  it('follow the rules', () => {
    expect(lintDashboards(readDashboards(), readExclusions())).toEqual([])
  })
})
