import { GRAFANA_UNITS } from './grafana-units.ts'
import { panelRule, type LintRule } from './rule.ts'

/** Panel types without values. */
const TEXT = ['text']

const datasource = panelRule(
  'panel-datasource-rule',
  ({ type, datasource: { uid } }, dashboard) => {
    const variables = dashboard.variables.filter((variable) => variable.type === 'datasource')
    const allowed = variables.flatMap(({ name }) => [`$${name}`, `\${${name}}`])
    return TEXT.includes(type) || allowed.includes(uid)
      ? null
      : `uses ${uid === '' ? 'no data source' : uid}, not the data source variable`
  },
)

const titleDescription = panelRule('panel-title-description-rule', ({ title, description, id }) =>
  title === '' || description === '' ? `panel ${id} has no title or no description` : null,
)

const units = panelRule('panel-units-rule', ({ type, unit, overrideUnits }) => {
  if (TEXT.includes(type)) return null
  const unknown = [unit, ...overrideUnits].filter((one) => !GRAFANA_UNITS.has(one))
  return unknown.length === 0
    ? null
    : `has no unit, or one that Grafana does not know: ${unknown.join(', ')}`
})

const noTargets = panelRule('panel-no-targets-rule', ({ type, targets }) =>
  TEXT.includes(type) || targets.length > 0 ? null : 'has no query',
)

/** Rules about single panels. */
export const PANEL_RULES: readonly LintRule[] = [datasource, titleDescription, units, noTargets]
