/** Where docs/runbooks/ can be read by whoever is woken; set it to the address of your copy. */
export const RUNBOOK_BASE_URL = 'https://example.invalid/orderbook-exporter/docs/runbooks'

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
