import { DASHBOARDS } from '../../grafana/src/dashboards.ts'
import type { GeneratedFile } from './generated-file.ts'

/** Where the dashboards are, from the root of the project. */
export const DASHBOARD_FOLDER = 'grafana/dashboards'

/** The dashboards as Grafana reads them from a folder. */
export function renderDashboards(): GeneratedFile[] {
  return DASHBOARDS.map((dashboard) => ({
    path: `${DASHBOARD_FOLDER}/${dashboard.uid}.json`,
    text: JSON.stringify(dashboard),
    parser: 'json',
  }))
}
