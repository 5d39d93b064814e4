import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api'
import { ERROR_TYPE, type SpanIds } from './span.ts'

export interface StartDeps {
  tracer: Tracer
  /** Counts the spans that were started. */
  spans: { add(): void }
}

/** A span that has started, with what its children need. */
export interface OpenSpan {
  readonly span: Span
  readonly ids: SpanIds
  readonly context: Context
}

interface StartOptions {
  readonly name: string
  readonly kind: SpanKind
  readonly startTimeMs: number
  readonly attributes: Attributes
  readonly links?: Link[]
}

/** Starts a span; null if the sampler of the SDK drops it. */
export function startSpan(
  options: StartOptions,
  parent: Context,
  deps: StartDeps,
): OpenSpan | null {
  const { name, startTimeMs, ...rest } = options
  // The time may come from a record and is not trusted: the SDK rejects times before 1970.
  const span = deps.tracer.startSpan(name, { ...rest, startTime: toSdkTime(startTimeMs) }, parent)
  if (!span.isRecording()) return null
  deps.spans.add()
  return { span, ids: span.spanContext(), context: trace.setSpan(parent, span) }
}

/** Ends a span, not before its start. `problem`: the error as a value of a closed list; null = none. */
export function endSpan({ span }: OpenSpan, times: SpanTimes, problem: string | null): void {
  if (problem !== null) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: problem })
    span.setAttribute(ERROR_TYPE, problem)
  }
  span.end(toSdkTime(Math.max(times.startTimeMs, times.endTimeMs)))
}

interface SpanTimes {
  /** Epoch ms with fraction. */
  readonly startTimeMs: number
  readonly endTimeMs: number
}

/**
 * Converts epoch ms to the form in which the SDK does not mistake small numbers for monotonic
 * times.
 */
export function toSdkTime(ms: number): [seconds: number, nanoseconds: number] {
  const positiveMs = Math.max(0, ms)
  const seconds = Math.floor(positiveMs / 1000)
  return [seconds, Math.min(999_999_999, Math.round((positiveMs - seconds * 1000) * 1e6))]
}

/** The context of a span of another process. */
export function remoteContext(ids: SpanIds): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...ids,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  })
}

export const linkTo = (ids: SpanIds): Link => ({
  context: { traceId: ids.traceId, spanId: ids.spanId, traceFlags: TraceFlags.SAMPLED },
})
