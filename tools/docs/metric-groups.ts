import type { MetricDefinition } from '../../src/observability/catalogue/definition.ts'
import * as feed from '../../src/observability/catalogue/feed.ts'
import * as lag from '../../src/observability/catalogue/lag.ts'
import * as market from '../../src/observability/catalogue/market.ts'
import * as numbers from '../../src/observability/catalogue/numbers.ts'
import * as process from '../../src/observability/catalogue/process.ts'
import * as quality from '../../src/observability/catalogue/quality.ts'
import * as signals from '../../src/observability/catalogue/signals.ts'
import * as topic from '../../src/observability/catalogue/topic.ts'
import * as tracing from '../../src/observability/catalogue/tracing.ts'

export interface MetricGroup {
  readonly title: string
  readonly definitions: readonly MetricDefinition[]
}

/** The catalogue by group, for the reference page and the name checks. */
export const METRIC_GROUPS: readonly MetricGroup[] = [
  { title: 'Market', definitions: Object.values(market) },
  { title: 'Signals', definitions: Object.values(signals) },
  { title: 'Quality', definitions: Object.values(quality) },
  { title: 'Feed', definitions: Object.values(feed) },
  { title: 'Topic', definitions: Object.values(topic) },
  { title: 'Topic of numbers', definitions: Object.values(numbers) },
  { title: 'Lag', definitions: Object.values(lag) },
  { title: 'Process', definitions: Object.values(process) },
  { title: 'Tracing', definitions: Object.values(tracing) },
]
