import type { DashboardModel } from '../dashboard-model.ts'
import type { LintExclusion } from './exclusions.ts'
import { PANEL_RULES } from './panel-rules.ts'
import type { Finding, LintRule } from './rule.ts'
import { TARGET_RULES } from './target-rules.ts'
import { TEMPLATE_RULES } from './template-rules.ts'

const uneditable: LintRule = {
  name: 'uneditable-dashboard',
  check: ({ isEditable }) =>
    isEditable ? [{ message: 'is editable in Grafana, where changes would be lost' }] : [],
}

/**
 * The rules of grafana/dashboard-linter that nothing else proves. Its rules for the syntax of queries
 * and of variables are left to `checkQueries`, which runs each of them in Prometheus; its rules for
 * Loki would have nothing to check, as every panel has the type of data source of `DATASOURCE`.
 */
export const LINT_RULES: readonly LintRule[] = [
  ...TEMPLATE_RULES,
  ...PANEL_RULES,
  ...TARGET_RULES,
  uneditable,
]

/**
 * Checks dashboards by all rules.
 * @returns problems that are not excluded, and unneeded exclusions
 */
export function lintDashboards(
  dashboards: readonly DashboardModel[],
  exclusions: readonly LintExclusion[],
): string[] {
  const problems: string[] = []
  const used = new Set<LintExclusion>()
  for (const dashboard of dashboards) {
    for (const rule of LINT_RULES) {
      for (const finding of rule.check(dashboard)) {
        const matching = exclusions.filter((one) => excludes(one, rule, dashboard, finding))
        matching.forEach((exclusion) => used.add(exclusion))
        if (matching.length === 0) problems.push(describe(rule, dashboard, finding))
      }
    }
  }
  const idle = exclusions.filter((exclusion) => !used.has(exclusion))
  return [
    ...problems,
    ...idle.map(
      ({ rule, dashboard, panel }) =>
        `.lint: ${rule} need not be excluded for ${dashboard}, ${panel}`,
    ),
  ]
}

function excludes(
  exclusion: LintExclusion,
  rule: LintRule,
  dashboard: DashboardModel,
  finding: Finding,
): boolean {
  return (
    exclusion.rule === rule.name &&
    exclusion.dashboard === dashboard.title &&
    exclusion.panel === finding.panel &&
    (exclusion.targetIndex === null || exclusion.targetIndex === finding.targetIndex)
  )
}

function describe(rule: LintRule, { title }: DashboardModel, finding: Finding): string {
  const { panel, targetIndex, message } = finding
  const where = [title, panel, targetIndex === undefined ? undefined : `query ${targetIndex}`]
  return `${where.filter((part) => part !== undefined).join(', ')}: ${message} (${rule.name})`
}
