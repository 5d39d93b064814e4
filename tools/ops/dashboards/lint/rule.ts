import type { DashboardModel, Panel, Target } from '../dashboard-model.ts'

/** A violation of a rule, with its place. */
export interface Finding {
  readonly message: string
  /** Panel title; absent if the violation concerns the dashboard. */
  readonly panel?: string
  /** Index of the query; absent if the violation concerns the panel. */
  readonly targetIndex?: number
}

/** A rule of grafana/dashboard-linter, under its name there. */
export interface LintRule {
  readonly name: string
  readonly check: (dashboard: DashboardModel) => readonly Finding[]
}

/** @param check returns the problem of a panel, or null */
export function panelRule(
  name: string,
  check: (panel: Panel, dashboard: DashboardModel) => string | null,
): LintRule {
  return {
    name,
    check: (dashboard) =>
      dashboard.panels.flatMap((panel) => {
        const message = check(panel, dashboard)
        return message === null ? [] : [{ message, panel: panel.title }]
      }),
  }
}

/** @param check returns the problems of a query */
export function targetRule(name: string, check: (target: Target) => readonly string[]): LintRule {
  return {
    name,
    check: ({ panels }) =>
      panels.flatMap(({ title, targets }) =>
        targets.flatMap((target, targetIndex) =>
          check(target).map((message) => ({ message, panel: title, targetIndex })),
        ),
      ),
  }
}
