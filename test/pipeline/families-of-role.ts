import { expect } from 'vitest'
import * as numbers from '../../src/observability/catalogue/numbers.ts'
import type { Role } from '../../src/model/pipeline.ts'
import { METRIC_GROUPS } from '../../tools/docs/metric-groups.ts'

const CATALOGUE = METRIC_GROUPS.flatMap(({ definitions }) => definitions)

/**
 * Present only after events (a commit, a trade, 100 effective cases), in incremental mode (gaps), or with a
 * topic of numbers.
 */
const EVENTFUL = [
  'orderbook_trade_flow_imbalance_ratio',
  'orderbook_gaps_total',
  'orderbook_consumer_last_commit_timestamp_seconds',
  'orderbook_signal_correlation',
  'orderbook_signal_slope_bps',
  'orderbook_signal_samples',
  'orderbook_micro_price',
  'orderbook_forecast_error_ratio',
  'orderbook_effective_spread_ratio',
  ...Object.values(numbers).map(({ name }) => name),
]

/**
 * Compares the families of an exposition with the catalogue, both ways: each family of the role exists
 * with its type, except those of `maybeAbsent` and the event-driven ones, and no other of ours exists.
 */
export function expectFamiliesOf(
  role: Role,
  types: ReadonlyMap<string, string>,
  maybeAbsent: readonly string[] = [],
): void {
  const own = CATALOGUE.filter(
    ({ role: side }) => role === 'all' || side === 'both' || side === role,
  )
  const families = [...types.keys()].filter((name) => name.startsWith('orderbook_'))
  const allowed = new Map<string, string>(own.map(({ name, type }) => [name, type]))
  expect(families.filter((name) => !allowed.has(name))).toEqual([])
  const free = new Set([...EVENTFUL, ...maybeAbsent])
  const missing = own.filter(({ name }) => !free.has(name) && !types.has(name))
  expect(missing.map(({ name }) => name)).toEqual([])
  for (const name of families) expect([name, types.get(name)]).toEqual([name, allowed.get(name)])
}
