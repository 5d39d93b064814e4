import { collectDefaultMetrics, Registry } from 'prom-client'
import { buildInfo, configInfo } from '../catalogue/catalogue.ts'
import type { ExpositionWriter, FamilyHead } from './exposition.ts'
import type { MetricRegistry } from './registry.ts'
import { escapeLabelValue } from './series.ts'

/** Names that promtool rejects: gauges named like counters, and names that contain their type. */
const EXCLUDED: ReadonlySet<string> = new Set([
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
])

/**
 * Writes the families of Node.
 * @param pauseIfDue yields to the event loop if it was blocked for long
 */
export type WriteNodeMetrics = (
  exposition: ExpositionWriter,
  pauseIfDue: () => Promise<void>,
) => Promise<void>

/**
 * Starts measuring this Node process (event loop, heap, garbage collection, CPU, descriptors). The
 * library's own output is not used: it renames counters permanently once OpenMetrics was
 * requested.
 * @returns a function that writes these families to an exposition
 */
export function startNodeMetrics(): WriteNodeMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const names = registry.getMetricsAsArray().map(({ name }) => name)
  return async (exposition, pauseIfDue) => {
    // One by one, in their order: some of them set the values of those behind them, and all of them
    // together take some ms.
    for (const name of names) {
      const metric = await registry.getSingleMetric(name)?.get()
      await pauseIfDue()
      if (metric === undefined || EXCLUDED.has(name)) continue
      const { help } = metric
      const head: FamilyHead = { name, help, type: readType(metric.type), unit: null }
      for (const value of metric.values) writeValue(exposition, head, value)
      exposition.close([head])
    }
  }
}

interface NodeValue {
  readonly value: number
  readonly labels?: Readonly<Record<string, string | number | undefined>>
  /** Full name of a sample if it differs from the family's name. */
  readonly metricName?: string
}

function writeValue(exposition: ExpositionWriter, head: FamilyHead, sample: NodeValue): void {
  const labels: string[] = []
  for (const [name, value] of Object.entries(sample.labels ?? {})) {
    if (value === undefined) continue
    const isBound = typeof value === 'number' && (name === 'le' || name === 'quantile')
    const text = isBound ? exposition.writeBound(value) : escapeLabelValue(String(value))
    labels.push(`${name}="${text}"`)
  }
  exposition.writeForeign(head, sample.metricName ?? head.name, labels.join(','), sample.value)
}

/** The library's types declare a numeric enum, but the values are these strings. */
function readType(type: unknown): FamilyHead['type'] {
  return type === 'counter' || type === 'histogram' || type === 'summary' ? type : 'gauge'
}

export interface ProcessInfo {
  /** Version of the service. */
  readonly version: string
  /** Version of Node.js, such as `v24.1.0`. */
  readonly node: string
  /** Hash of the effective configuration, computed without secrets. */
  readonly configHash: string
}

/** Registers the info metrics of the process: version, role, configuration. */
export function exposeProcessInfo(registry: MetricRegistry, info: ProcessInfo): void {
  const { version, node, configHash } = info
  const { role } = registry
  registry.gauge(buildInfo, () => [{ labels: { version, node, role }, value: 1 }])
  registry.gauge(configInfo, () => [{ labels: { hash: configHash }, value: 1 }])
}
