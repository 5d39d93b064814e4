import type { DashboardModel, Panel, Target } from '../dashboard-model.ts'

/** Something that a rule does not like, and where. */
export interface Finding {
  readonly message: string
  /** Title; left out where it is about the dashboard. */
  readonly panel?: string
  /** Counts the queries of the panel; left out where it is about the panel. */
  readonly targetIndex?: number
}

/** A rule of grafana/dashboard-linter, under the name that it has there. */
export interface LintRule {
  readonly name: string
  readonly check: (dashboard: DashboardModel) => readonly Finding[]
}

/** @param check gives what is wrong with a panel, or null */
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

/** @param check gives everything that is wrong with a query */
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
