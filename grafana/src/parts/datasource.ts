import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'

/** The data source selected at the top of a dashboard. */
export const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '${datasource}' }

/** Scrape interval of prometheus.yml: the minimum step of graphs. */
export const SCRAPE_INTERVAL = '5s'
