import type { MetricDefinition } from '../../src/observability/catalogue/definition.ts'
import * as feed from '../../src/observability/catalogue/feed.ts'
import * as lag from '../../src/observability/catalogue/lag.ts'
import * as market from '../../src/observability/catalogue/market.ts'
import * as process from '../../src/observability/catalogue/process.ts'
import * as quality from '../../src/observability/catalogue/quality.ts'
import * as topic from '../../src/observability/catalogue/topic.ts'
import * as tracing from '../../src/observability/catalogue/tracing.ts'

export interface MetricGroup {
  readonly title: string
  readonly definitions: readonly MetricDefinition[]
}

/** The catalogue by group, for the reference page and the name checks. */
export const METRIC_GROUPS: readonly MetricGroup[] = [
  { title: 'Market', definitions: Object.values(market) },
  { title: 'Quality', definitions: Object.values(quality) },
  { title: 'Feed', definitions: Object.values(feed) },
  { title: 'Topic', definitions: Object.values(topic) },
  { title: 'Lag', definitions: Object.values(lag) },
  { title: 'Process', definitions: Object.values(process) },
  { title: 'Tracing', definitions: Object.values(tracing) },
]
