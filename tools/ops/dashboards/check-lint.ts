import { readDashboards } from './dashboard-model.ts'
import { readExclusions } from './lint/exclusions.ts'
import { lintDashboards } from './lint/lint.ts'

/** Checks the committed dashboards by the rules of grafana/dashboard-linter. */
export function checkLint(): Promise<string[]> {
  return Promise.resolve(lintDashboards(readDashboards(), readExclusions()))
}
