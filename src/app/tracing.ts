import type { Config } from '../config/config.ts'
import { type Logger, noTracing, type Tracing } from '../model/telemetry.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'
import { LazyRecorder } from '../observability/tracing/exporter.ts'
import type { ActiveSpan } from '../observability/tracing/span.ts'
import { createTracingMetrics, UpdateTracer } from '../observability/tracing/tracer.ts'
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
  const { exporter, url, ratio, isSampling, ...bounds } = config.tracing
  if (exporter === null) {
    const nothing = () => Promise.resolve()
    return { tracing: noTracing, start: nothing, stop: nothing }
  }
  const { clock, logger, random, activeSpan } = deps
  const recorder = new LazyRecorder(
    {
      ...bounds,
      url: exporter === 'otlp' ? url : null,
      resource: {
        'service.name': 'orderbook-exporter',
        'service.version': deps.version,
        'orderbook.role': settings.ROLE,
      },
    },
    { ...metrics, clock, logger },
  )
  const tracing = new UpdateTracer(
    {
      ratio,
      isSampling,
      slowMs: settings.TRACE_SLOW_MS,
      consumerGroup: settings.KAFKA_GROUP_ID,
    },
    { ...metrics, recorder, clock, random, activeSpan },
  )
  return {
    tracing,
    async start() {
      await recorder.start()
      logger.info({ exporter, ratio, slowMs: tracing.slowMs }, 'tracing is enabled')
    },
    stop: (timeoutMs) => recorder.stop(timeoutMs),
  }
}
