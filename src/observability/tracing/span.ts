import { randomFillSync } from 'node:crypto'

/** Identifies a span: lower-case hexadecimal, 32 and 16 digits. */
export interface SpanIds {
  readonly traceId: string
  readonly spanId: string
}

export type SpanKind = 'internal' | 'producer' | 'consumer'

/**
 * A finished span. Spans are created after they have ended, from timestamps: an update carries
 * only ids and numbers, and an outlier gets the same spans as a sampled update.
 */
export interface FinishedSpan {
  readonly ids: SpanIds
  /** null = the root of its trace. */
  readonly parentSpanId: string | null
  /** Whether the parent may have been created by another process. */
  readonly isParentRemote: boolean
  readonly name: string
  readonly kind: SpanKind
  /** Epoch ms with fraction. */
  readonly startTimeMs: number
  readonly endTimeMs: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly links: readonly SpanIds[]
  /** The error as a value of a closed list; null = none. */
  readonly problem: string | null
}

/** Records finished spans. Never throws, at any rate of spans. */
export interface SpanRecorder {
  record(span: FinishedSpan): void
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

const SAMPLED = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/

export function newTraceId(): string {
  return randomId(16)
}

export function newSpanId(): string {
  return randomId(8)
}

/** Matches a `traceparent` header (W3C trace context, version 00) with the sampled flag. */
export function writeTraceparent({ traceId, spanId }: SpanIds): string {
  return `00-${traceId}-${spanId}-01`
}

/** Parses the header of a sampled record; null for any other value. */
export function readTraceparent(text: string): SpanIds | null {
  const [, traceId = '', spanId = ''] = SAMPLED.exec(text) ?? []
  return isId(traceId) && isId(spanId) ? { traceId, spanId } : null
}

/** Returns false for an id of only zeros, which is invalid. */
function isId(digits: string): boolean {
  return /[^0]/.test(digits)
}

/** Random bytes drawn at once: one call costs as much as the rest of a span. */
const POOL_BYTES = 4096
const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

function randomId(bytes: number): string {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  const id = pool.toString('hex', used, used + bytes)
  used += bytes
  return isId(id) ? id : randomId(bytes)
}
