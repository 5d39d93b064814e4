import type { SpanIds } from './span.ts'

/**
 * The span that runs now, for the log lines written in it. What a span covers runs without a pause, so
 * one variable is enough, and nothing follows the promises of the process.
 */
export class ActiveSpan {
  #current: SpanIds | null = null

  run(ids: SpanIds, inside: () => void): void {
    const outer = this.#current
    this.#current = ids
    try {
      inside()
    } finally {
      this.#current = outer
    }
  }

  /** Fields for a log line, under the names of OpenTelemetry; none outside of a span. */
  readonly fields = (): Record<string, string> => {
    if (this.#current === null) return {}
    const { traceId, spanId } = this.#current
    return { trace_id: traceId, span_id: spanId, trace_flags: '01' }
  }
}
