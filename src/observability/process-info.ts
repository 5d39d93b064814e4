import { buildInfo, configInfo } from './catalogue.ts'
import type { MetricRegistry } from './registry.ts'

export interface ProcessInfo {
  /** Version of the service. */
  readonly version: string
  /** Version of Node.js, such as `v24.1.0`. */
  readonly node: string
  /** Hash of the effective configuration, computed without secrets. */
  readonly configHash: string
}

/** Says who runs here: version, role, configuration. */
export function exposeProcessInfo(registry: MetricRegistry, info: ProcessInfo): void {
  const { version, node, configHash } = info
  const { role } = registry
  registry.gauge(buildInfo, () => [{ labels: { version, node, role }, value: 1 }])
  registry.gauge(configInfo, () => [{ labels: { hash: configHash }, value: 1 }])
}
