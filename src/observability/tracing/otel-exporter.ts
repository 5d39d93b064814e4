import {
  type HrTime,
  SpanKind as OtelSpanKind,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api'
import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace'
import type { FinishedSpan, SpanIds, SpanKind, SpanRecorder } from './span.ts'
import { ATTRIBUTES } from './spans.ts'

export interface OtelRecorderOptions {
  /** URL to which OTLP over HTTP posts traces; null = spans are written to the console. */
  url: string | null
  queueMaxSpans: number
  batchMaxSpans: number
  scheduleDelayMs: number
  /** Resource attributes of this process; `OTEL_*` variables override them. */
  resource: Readonly<Record<string, string>>
}

const KINDS: Readonly<Record<SpanKind, OtelSpanKind>> = {
  internal: OtelSpanKind.INTERNAL,
  producer: OtelSpanKind.PRODUCER,
  consumer: OtelSpanKind.CONSUMER,
}

const SCOPE = { name: 'orderbook-exporter' }
const UNSET = { code: SpanStatusCode.UNSET }

/**
 * Exports finished spans in batches through OpenTelemetry. The tracer of OpenTelemetry is not
 * used: finished spans need no ambient context and no check of each attribute, and nothing is
 * registered globally.
 */
export class OtelRecorder implements SpanRecorder {
  readonly #resource: Resource
  readonly #processor: BatchSpanProcessor

  constructor(options: OtelRecorderOptions, onExported: OnExported) {
    const { url, queueMaxSpans, batchMaxSpans, scheduleDelayMs } = options
    const exporter = url === null ? new ConsoleSpanExporter() : new OTLPTraceExporter({ url })
    this.#resource = resourceOf(options.resource)
    this.#processor = new BatchSpanProcessor({
      exporter: new CountingExporter(exporter, onExported),
      maxQueueSize: queueMaxSpans,
      maxExportBatchSize: batchMaxSpans,
      scheduledDelayMillis: scheduleDelayMs,
    })
  }

  record(span: FinishedSpan): void {
    this.#processor.onEnd(toReadableSpan(span, this.#resource))
  }

  /** Exports the queued spans. Has no timeout of its own; the caller must set one. */
  async stop(): Promise<void> {
    await this.#processor.shutdown()
  }
}

function toReadableSpan(span: FinishedSpan, resource: Resource): ReadableSpan {
  const { ids, parentSpanId, problem } = span
  const context = contextOf(ids)
  // A timestamp of the topic is not trusted; times before 1970 are invalid.
  const startMs = Math.max(0, span.startTimeMs)
  const endMs = Math.max(startMs, span.endTimeMs)
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => context,
    ...(parentSpanId === null
      ? {}
      : {
          parentSpanContext: {
            ...contextOf({ traceId: ids.traceId, spanId: parentSpanId }),
            isRemote: span.isParentRemote,
          },
        }),
    startTime: toHrTime(startMs),
    endTime: toHrTime(endMs),
    duration: toHrTime(endMs - startMs),
    ended: true,
    status: problem === null ? UNSET : { code: SpanStatusCode.ERROR, message: problem },
    attributes:
      problem === null ? span.attributes : { ...span.attributes, [ATTRIBUTES.errorType]: problem },
    links: span.links.map((link) => ({ context: contextOf(link) })),
    events: [],
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

/** Environment variables (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`) take precedence. */
function resourceOf(attributes: Readonly<Record<string, string>>) {
  const detectors = [resourceAttributesEnvDetector, serviceNameEnvDetector]
  return defaultResource()
    .merge(resourceFromAttributes(attributes))
    .merge(detectResources({ detectors }))
}

function contextOf({ traceId, spanId }: SpanIds): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED }
}

/** Converts epoch ms to seconds and nanoseconds. */
function toHrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))]
}

/** Called when an export ended; null = the spans were delivered. */
type OnExported = (spans: number, failure: Error | null) => void

/**
 * Reports the result of every export. An exception of the exporter is reported as a failure and
 * not rethrown.
 */
class CountingExporter implements SpanExporter {
  readonly #exporter: SpanExporter
  readonly #onExported: OnExported

  constructor(exporter: SpanExporter, onExported: OnExported) {
    this.#exporter = exporter
    this.#onExported = onExported
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const end = (result: ExportResult) => {
      const isDelivered = result.code === ExportResultCode.SUCCESS
      const failure = isDelivered ? null : (result.error ?? new Error('export failed'))
      this.#onExported(spans.length, failure)
      done(result)
    }
    try {
      this.#exporter.export(spans, end)
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      end({ code: ExportResultCode.FAILED, error })
    }
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown()
  }
}
