import { DASHBOARDS } from '../../grafana/src/dashboards.ts'
import type { GeneratedFile } from './generated-file.ts'

/** Folder of the dashboards, from the project root. */
export const DASHBOARD_FOLDER = 'grafana/dashboards'

/** Renders the dashboards as files for Grafana. */
export function renderDashboards(): GeneratedFile[] {
  return DASHBOARDS.map((dashboard) => ({
    path: `${DASHBOARD_FOLDER}/${dashboard.uid}.json`,
    text: JSON.stringify(dashboard),
    parser: 'json',
  }))
}
