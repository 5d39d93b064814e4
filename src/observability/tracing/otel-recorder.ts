import {
  ROOT_CONTEXT,
  SpanKind as OtelSpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type HrTime,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { ATTRIBUTES } from './attributes.ts'
import { CountingExporter, type OnExported } from './counting-exporter.ts'
import { ReservedIds } from './reserved-ids.ts'
import type { FinishedSpan, SpanIds, SpanKind, SpanRecorder } from './span.ts'

export interface OtelRecorderOptions {
  /** Where OTLP over HTTP posts traces to; null = spans are written to the console. */
  url: string | null
  queueMaxSpans: number
  batchMaxSpans: number
  scheduleDelayMs: number
  /** Attributes of everything that this process exports; `OTEL_*` may change them. */
  resource: Readonly<Record<string, string>>
}

const KINDS: Readonly<Record<SpanKind, OtelSpanKind>> = {
  internal: OtelSpanKind.INTERNAL,
  producer: OtelSpanKind.PRODUCER,
  consumer: OtelSpanKind.CONSUMER,
}

/**
 * Hands spans to OpenTelemetry's SDK, which exports them in batches. Nothing of it is registered for
 * the whole process: it has no ambient context, and two services in one process do not meet.
 */
export class OtelRecorder implements SpanRecorder {
  readonly #ids = new ReservedIds()
  readonly #provider: TracerProvider
  readonly #tracer: Tracer

  constructor(options: OtelRecorderOptions, onExported: OnExported) {
    const { url, queueMaxSpans, batchMaxSpans, scheduleDelayMs } = options
    const exporter = url === null ? new ConsoleSpanExporter() : new OTLPTraceExporter({ url })
    this.#provider = new TracerProvider({
      idGenerator: this.#ids,
      // The gate is before the span: what comes here is wanted.
      sampler: new AlwaysOnSampler(),
      resource: resourceOf(options.resource),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: new CountingExporter(exporter, onExported),
          maxQueueSize: queueMaxSpans,
          maxExportBatchSize: batchMaxSpans,
          scheduledDelayMillis: scheduleDelayMs,
        }),
      ],
    })
    this.#tracer = this.#provider.getTracer('orderbook-exporter')
  }

  record(span: FinishedSpan): void {
    this.#ids.next = span.ids
    const { traceId } = span.ids
    const parent =
      span.parentSpanId === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            ...contextOf({ traceId, spanId: span.parentSpanId }),
            isRemote: span.isParentRemote,
          })
    const otelSpan = this.#tracer.startSpan(
      span.name,
      {
        kind: KINDS[span.kind],
        startTime: toHrTime(span.startTimeMs),
        attributes: span.attributes,
        links: span.links.map((ids) => ({ context: contextOf(ids) })),
      },
      parent,
    )
    if (span.problem !== null) {
      otelSpan.setAttribute(ATTRIBUTES.errorType, span.problem)
      otelSpan.setStatus({ code: SpanStatusCode.ERROR, message: span.problem })
    }
    otelSpan.end(toHrTime(Math.max(span.startTimeMs, span.endTimeMs)))
  }

  /** Exports what waits. Takes as long as the exporter does: bound it. */
  async stop(): Promise<void> {
    await this.#provider.shutdown()
  }
}

/** What the environment says of the service (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`) wins. */
function resourceOf(attributes: Readonly<Record<string, string>>) {
  const detectors = [resourceAttributesEnvDetector, serviceNameEnvDetector]
  return defaultResource()
    .merge(resourceFromAttributes(attributes))
    .merge(detectResources({ detectors }))
}

function contextOf({ traceId, spanId }: SpanIds): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED }
}

/** Seconds and nanoseconds; a stamp of the topic may be anything, and before 1970 is no time. */
function toHrTime(timeMs: number): HrTime {
  const ms = Math.max(0, timeMs)
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))]
}
