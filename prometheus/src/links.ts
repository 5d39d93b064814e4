import process from 'node:process'
import packageJson from '../../package.json' with { type: 'json' }
import { runbookBaseUrl } from './runbook-base-url.ts'

const manifest: Readonly<Record<string, unknown>> = packageJson

/** Base URL of docs/runbooks/: the environment variable of this name at generation. */
export const RUNBOOK_BASE_URL = runbookBaseUrl(
  process.env['RUNBOOK_BASE_URL'],
  manifest['repository'],
)

/** Uids of the dashboards (grafana/src/); links are relative to the address of Grafana. */
export type DashboardUid =
  'orderbook-overview' | 'orderbook-market' | 'orderbook-pipeline' | 'orderbook-service'

/** Alert labels that are also dashboard variables. */
export type VariableLabel = 'job' | 'instance' | 'instrument'

export function runbookUrl(alert: string): string {
  return `${RUNBOOK_BASE_URL}/${alert}.md`
}

/** Link to the dashboard with variables set from the labels of the alert; a Prometheus template. */
export function dashboardUrl(uid: DashboardUid, labels: readonly VariableLabel[]): string {
  const query = labels.map((label) => `var-${label}={{ $labels.${label} }}`).join('&')
  return query === '' ? `/d/${uid}` : `/d/${uid}?${query}`
}
