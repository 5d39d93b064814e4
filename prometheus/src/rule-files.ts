import { availabilityGroups } from './groups/availability.ts'
import { bookGroups } from './groups/books.ts'
import { deliveryGroups } from './groups/delivery.ts'
import { feedGroups } from './groups/feed.ts'
import { freshnessGroups } from './groups/freshness.ts'
import { lagGroups } from './groups/lag.ts'
import { processGroups } from './groups/process.ts'
import { servedGroups } from './groups/served.ts'
import { topicGroups } from './groups/topic.ts'
import { isAlert, type AlertRule, type RuleGroup } from './rule.ts'

/** Files of prometheus/rules/, by name without suffix. */
export const RULE_FILES: Readonly<Record<string, readonly RuleGroup[]>> = {
  served: servedGroups,
  availability: availabilityGroups,
  books: bookGroups,
  freshness: freshnessGroups,
  lag: lagGroups,
  feed: feedGroups,
  topic: topicGroups,
  delivery: deliveryGroups,
  process: processGroups,
}

const rules = Object.values(RULE_FILES)
  .flat()
  .flatMap((group) => group.rules)

/** All alerts; `OrderBookNotLive` appears twice, with two severities. */
export const ALERT_RULES: readonly AlertRule[] = rules.filter(isAlert)

/** Names of all alerts, each once. */
export const ALERT_NAMES: readonly string[] = [...new Set(ALERT_RULES.map((rule) => rule.alert))]

/** Names of all recorded series. */
export const RECORDED_NAMES: readonly string[] = rules.flatMap((rule) =>
  isAlert(rule) ? [] : [rule.record],
)
