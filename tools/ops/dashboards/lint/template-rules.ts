import type { DashboardModel, Variable } from '../dashboard-model.ts'
import type { Finding, LintRule } from './rule.ts'

const ON_TIME_RANGE_CHANGE = 2
const TEMPLATED = [
  '$datasource',
  '${datasource}',
  '$prometheus_datasource',
  '${prometheus_datasource}',
]

const queryVariables = ({ variables }: DashboardModel) =>
  variables.filter(({ type }) => type === 'query')

const all = (messages: readonly string[]): Finding[] => messages.map((message) => ({ message }))

const datasource: LintRule = {
  name: 'template-datasource-rule',
  check({ variables }) {
    const found = variables.filter(({ type }) => type === 'datasource')
    if (found.length === 0) return all(['has no variable for the data source'])
    return all(
      found.flatMap(({ name, label, query }) => {
        const title = `${query.charAt(0).toUpperCase()}${query.slice(1)} data source`
        const names = [`${query}_datasource`, ...(found.length === 1 ? ['datasource'] : [])]
        const labels = [title, ...(found.length === 1 ? ['Data source'] : [])]
        return [
          ...(names.includes(name)
            ? []
            : [`data source variable ${name}: not ${names.join(' or ')}`]),
          ...(labels.includes(label)
            ? []
            : [`data source label ${label}: not ${labels.join(' or ')}`]),
        ]
      }),
    )
  },
}

/** Rules for a variable of a target label. */
function labelVariable(name: string, label: string): LintRule {
  return {
    name: `template-${name}-rule`,
    check({ variables }) {
      const variable = variables.find((one) => one.name === name)
      if (variable === undefined) return all([`has no variable ${name}`])
      return all(problemsOf(variable, label))
    },
  }
}

function problemsOf(variable: Variable, label: string): string[] {
  const { name } = variable
  const demands: [isMet: boolean, message: string][] = [
    [
      TEMPLATED.includes(variable.datasource.uid),
      `asks ${variable.datasource.uid}, not $datasource`,
    ],
    [variable.type === 'query', `is of type ${variable.type}, not query`],
    [variable.label === label, `has the label ${variable.label}, not ${label}`],
    [variable.isMulti, 'does not allow several values'],
    [variable.allValue === '.+', `has the "All" value ${variable.allValue}, not .+`],
  ]
  return demands.flatMap(([isMet, message]) => (isMet ? [] : [`variable ${name} ${message}`]))
}

const reload: LintRule = {
  name: 'template-on-time-change-reload-rule',
  check: (dashboard) =>
    all(
      queryVariables(dashboard)
        .filter(({ refresh }) => refresh !== ON_TIME_RANGE_CHANGE)
        .map(({ name }) => `variable ${name} is not refreshed when the time range changes`),
    ),
}

/** Rules for the variables of a dashboard. */
export const TEMPLATE_RULES: readonly LintRule[] = [
  datasource,
  labelVariable('job', 'Job'),
  labelVariable('instance', 'Instance'),
  reload,
]
