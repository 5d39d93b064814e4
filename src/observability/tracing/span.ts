/** Identifies a span: lower-case hexadecimal, 32 and 16 digits. */
export interface SpanIds {
  readonly traceId: string
  readonly spanId: string
}

/**
 * The active span, for the log lines written in it. The code of a span runs synchronously, so one
 * variable is enough and no async context is tracked.
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

  /**
   * Returns the trace fields of a log line with the names of OpenTelemetry; empty outside of a
   * span.
   */
  readonly fields = (): Record<string, string> => {
    if (this.#current === null) return {}
    const { traceId, spanId } = this.#current
    return { trace_id: traceId, span_id: spanId, trace_flags: '01' }
  }
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[^\n]*)?$/
const SAMPLED_BIT = 1
/** Longer values are not parsed. Version 00 has 55 characters; a later one may add fields. */
const MAX_CHARACTERS = 512

/** Returns the `traceparent` header (W3C trace context, version 00) of a sampled span. */
export function writeTraceparent({ traceId, spanId }: SpanIds): string {
  return `00-${traceId}-${spanId}-01`
}

/**
 * Parses the header of a sampled record; null for any other value. The flags are bits, of which only
 * the first says "sampled"; a version above 00 is read as far as 00 goes (W3C trace context, 3.2.2).
 */
export function readTraceparent(text: string): SpanIds | null {
  if (text.length > MAX_CHARACTERS) return null
  const match = TRACEPARENT.exec(text)
  if (match === null) return null
  const [, version = '', traceId = '', spanId = '', flags = '', more] = match
  if (version === 'ff' || (version === '00' && more !== undefined)) return null
  if ((Number.parseInt(flags, 16) & SAMPLED_BIT) === 0) return null
  return isId(traceId) && isId(spanId) ? { traceId, spanId } : null
}

/** Returns false for an id of only zeros, which is invalid. */
function isId(digits: string): boolean {
  return /[^0]/.test(digits)
}

/** Attribute of a span that ended with an error, by the semantic conventions. */
export const ERROR_TYPE = 'error.type'
