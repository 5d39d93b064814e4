import type { IdGenerator } from '@opentelemetry/sdk-trace'
import type { SpanIds } from './span.ts'

/** Gives a span the ids that its update has carried since long before. */
export class ReservedIds implements IdGenerator {
  /** Of the span that is made next. */
  next: SpanIds = { traceId: '', spanId: '' }

  generateTraceId(): string {
    return this.next.traceId
  }

  generateSpanId(): string {
    return this.next.spanId
  }
}
