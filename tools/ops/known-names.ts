import { RECORDED_NAMES } from '../../prometheus/src/rule-files.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { MetricsRenderer } from '../../src/observability/metrics/renderer.ts'
import { startNodeMetrics } from '../../src/observability/metrics/runtime-metrics.ts'
import { METRIC_GROUPS } from '../docs/metric-groups.ts'

/** Series that Prometheus adds. */
const OF_PROMETHEUS = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'ALERTS',
  'ALERTS_FOR_STATE',
]

/** Of the exporter of the brokers, where one is scraped. */
const OF_BROKERS = ['kafka_brokers']

/** In the exposition only after the first garbage collection. */
const GARBAGE_COLLECTION: Family = { name: 'nodejs_gc_duration_seconds', type: 'histogram' }

interface Family {
  readonly name: string
  readonly type: string
}

/** Every name that a query may use: catalogue, Node metrics, recorded series. */
export async function knownNames(): Promise<ReadonlySet<string>> {
  const families: Family[] = [
    GARBAGE_COLLECTION,
    ...METRIC_GROUPS.flatMap((group) => group.definitions),
  ]
  families.push(...(await nodeFamilies()))
  return new Set([
    ...families.flatMap(seriesNames),
    ...RECORDED_NAMES,
    ...OF_PROMETHEUS,
    ...OF_BROKERS,
  ])
}

/** Names of the series of a family. */
export function seriesNames({ name, type }: Family): string[] {
  if (type === 'histogram') return ['_bucket', '_sum', '_count'].map((suffix) => name + suffix)
  return type === 'summary' ? [name, `${name}_sum`, `${name}_count`] : [name]
}

/** The exposition of an idle process. */
async function nodeFamilies(): Promise<Family[]> {
  const renderer = new MetricsRenderer({
    registry: new MetricRegistry({ role: 'all' }),
    clock: { monotonicMs: () => performance.now() },
    writeNodeMetrics: startNodeMetrics(),
  })
  const page = (await renderer.render('text/plain')).body.toString()
  return [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({
    name,
    type,
  }))
}
