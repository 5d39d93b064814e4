import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'

/** The data source that is chosen at the top of a dashboard. */
export const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '${datasource}' }

/** Scrape interval of prometheus.yml: no point of a graph stands for less. */
export const SCRAPE_INTERVAL = '5s'
