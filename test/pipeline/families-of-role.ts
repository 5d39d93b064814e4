import { expect } from 'vitest'
import type { Role } from '../../src/model/pipeline.ts'
import { METRIC_GROUPS } from '../../tools/docs/metric-groups.ts'

const CATALOGUE = METRIC_GROUPS.flatMap(({ definitions }) => definitions)

/** There only where something happened (a commit, a trade), or in incremental mode (gaps). */
const EVENTFUL = [
  'orderbook_trade_flow_imbalance_ratio',
  'orderbook_gaps_total',
  'orderbook_consumer_last_commit_timestamp_seconds',
]

/**
 * Holds the families of a page against the catalogue, both ways: each that the role has is there
 * with its type, but for those that `maybeAbsent` and the eventful ones, and no other of ours is.
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
