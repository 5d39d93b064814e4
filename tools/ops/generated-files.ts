import type { GeneratedFile } from './generated-file.ts'
import { renderDashboards } from './render-dashboards.ts'
import { renderRules } from './render-rules.ts'
import { renderRunbookIndex } from './render-runbook-index.ts'

/** All files that `npm run ops:generate` writes and `npm run check:ops` compares. */
export function generatedFiles(): GeneratedFile[] {
  const rules = renderRules()
  const dashboards = renderDashboards()
  return [...rules, renderRunbookIndex(), ...dashboards, ...chartFiles([...rules, ...dashboards])]
}

const CHART_FILES = 'deploy/helm/orderbook-exporter/files'
const IN_CHART = /^(prometheus\/(rules)|grafana\/(dashboards))\//

/** Copies of rules and dashboards in the chart: Helm reads no file outside of it. */
function chartFiles(files: readonly GeneratedFile[]): GeneratedFile[] {
  return files.flatMap((file) => {
    const [prefix, , rules, dashboards] = IN_CHART.exec(file.path) ?? []
    if (prefix === undefined) return []
    const folder = rules ?? dashboards ?? ''
    return { ...file, path: `${CHART_FILES}/${folder}/${file.path.slice(prefix.length)}` }
  })
}
