import process from 'node:process'
import packageJson from '../../package.json' with { type: 'json' }
import { runbookBaseUrl } from './runbook-base-url.ts'

const manifest: Readonly<Record<string, unknown>> = packageJson

/** Where docs/runbooks/ can be read by whoever is woken: the variable of this name, at generation. */
export const RUNBOOK_BASE_URL = runbookBaseUrl(
  process.env['RUNBOOK_BASE_URL'],
  manifest['repository'],
)

/** Uids of the dashboards (grafana/src/); a link to one is relative to the address of Grafana. */
export type DashboardUid =
  'orderbook-overview' | 'orderbook-market' | 'orderbook-pipeline' | 'orderbook-service'

/** Labels of an alert that are variables of the dashboards too. */
export type VariableLabel = 'job' | 'instance' | 'instrument'

export function runbookUrl(alert: string): string {
  return `${RUNBOOK_BASE_URL}/${alert}.md`
}

/** The dashboard with the variables set to the labels of the alert; a template of Prometheus. */
export function dashboardUrl(uid: DashboardUid, labels: readonly VariableLabel[]): string {
  const query = labels.map((label) => `var-${label}={{ $labels.${label} }}`).join('&')
  return query === '' ? `/d/${uid}` : `/d/${uid}?${query}`
}
