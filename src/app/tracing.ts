import type { Config } from '../config/config.ts'
import { type Logger, noTracing, type Tracing } from '../model/telemetry.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'
import { LazyTracing } from '../observability/tracing/lazy-tracing.ts'
import type { ActiveSpan } from '../observability/tracing/span.ts'
import { createTracingMetrics } from '../observability/tracing/metrics.ts'
import type { Clock } from '../time/clock.ts'

export interface TracingDeps {
  registry: MetricRegistry
  clock: Clock
  logger: Logger
  random: () => number
  activeSpan: ActiveSpan
  version: string
}

/** Tracing of this process and its lifecycle. */
export interface TracingPart {
  readonly tracing: Tracing
  start(): Promise<void>
  /** Exports the remaining spans. Call it after all other parts have stopped. */
  stop(timeoutMs: number): Promise<void>
}

/** Creates the tracing configured by `OTEL_*`. Without an exporter only its metrics exist. */
export function createTracing(config: Config, deps: TracingDeps): TracingPart {
  const metrics = createTracingMetrics(deps.registry)
  const { settings } = config
  const { isOn, ratio, isSampling, variables } = config.tracing
  if (!isOn) {
    const nothing = () => Promise.resolve()
    return { tracing: noTracing, start: nothing, stop: nothing }
  }
  const { clock, logger, random, activeSpan, version } = deps
  const tracing = new LazyTracing(
    {
      variables,
      version,
      resource: {
        'service.name': 'orderbook-exporter',
        'service.version': version,
        'orderbook.role': settings.ROLE,
      },
      ratio,
      isSampling,
      slowMs: settings.TRACE_SLOW_MS,
      consumerGroup: settings.KAFKA_GROUP_ID,
    },
    { ...metrics, clock, logger, random, activeSpan },
  )
  return {
    tracing,
    async start() {
      await tracing.start()
      logger.info({ ratio, slowMs: tracing.slowMs }, 'tracing is enabled')
    },
    stop: (timeoutMs) => tracing.stop(timeoutMs),
  }
}
