import * as catalogue from '../../src/observability/catalogue/catalogue.ts'

type MetricNames = { readonly [Key in keyof typeof catalogue]: (typeof catalogue)[Key]['name'] }

/** Names of our metrics for queries: `metric.feedConnected` is `orderbook_feed_connected`. */
export const metric = Object.fromEntries(
  Object.entries(catalogue).map(([key, { name }]) => [key, name]),
) as MetricNames
