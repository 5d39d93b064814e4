import * as feed from './catalogue/feed.ts'
import * as lag from './catalogue/lag.ts'
import * as market from './catalogue/market.ts'
import * as process from './catalogue/process.ts'
import * as quality from './catalogue/quality.ts'
import * as topic from './catalogue/topic.ts'
import type { MetricDefinition } from './definition.ts'

export interface MetricGroup {
  readonly title: string
  readonly definitions: readonly MetricDefinition[]
}

/** The whole catalogue by group, for the reference page and the checks on names. */
export const METRIC_GROUPS: readonly MetricGroup[] = [
  { title: 'Market', definitions: Object.values(market) },
  { title: 'Quality', definitions: Object.values(quality) },
  { title: 'Feed', definitions: Object.values(feed) },
  { title: 'Topic', definitions: Object.values(topic) },
  { title: 'Lag', definitions: Object.values(lag) },
  { title: 'Process', definitions: Object.values(process) },
]
