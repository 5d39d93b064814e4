import * as catalogue from '../../src/observability/catalogue.ts'
import { AWAITED_METRICS } from './awaited-metrics.ts'

type CatalogueNames = { readonly [Key in keyof typeof catalogue]: (typeof catalogue)[Key]['name'] }

const catalogueNames = Object.fromEntries(
  Object.entries(catalogue).map(([key, { name }]) => [key, name]),
) as CatalogueNames

/** Names of our metrics for queries: `metric.feedConnected` is `orderbook_feed_connected`. */
export const metric = { ...AWAITED_METRICS, ...catalogueNames }
