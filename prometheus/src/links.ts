import { ALERTMANAGER_URL, GRAFANA_URL, RUNBOOK_BASE_URL } from './generation.ts'

/** Uids of the dashboards (grafana/src/). */
export type DashboardUid =
  'orderbook-overview' | 'orderbook-market' | 'orderbook-pipeline' | 'orderbook-service'

/** Alert labels that are also dashboard variables. */
export type VariableLabel = 'job' | 'instance' | 'instrument'

export function runbookUrl(alert: string): string {
  return `${RUNBOOK_BASE_URL}/${alert}.md`
}

/** Link to the form in which Alertmanager silences all alerts of a name. */
export function silenceUrl(alert: string): string {
  const filter = encodeURIComponent(`{alertname="${alert}"}`)
  return `${ALERTMANAGER_URL}/#/silences/new?filter=${filter}`
}

/** Link to the dashboard with variables set from the labels of the alert; a Prometheus template. */
export function dashboardUrl(uid: DashboardUid, labels: readonly VariableLabel[]): string {
  const query = labels.map((label) => `var-${label}={{ $labels.${label} }}`).join('&')
  const url = `${GRAFANA_URL}/d/${uid}`
  return query === '' ? url : `${url}?${query}`
}
