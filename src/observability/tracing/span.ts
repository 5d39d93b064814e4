import { randomFillSync } from 'node:crypto'

/** What tells a span from all others: lower-case hexadecimal, 32 and 16 digits. */
export interface SpanIds {
  readonly traceId: string
  readonly spanId: string
}

export type SpanKind = 'internal' | 'producer' | 'consumer'

/**
 * A span with everything that is known of it. Spans are made when they have ended, from stamps: what
 * travels with an update are ids and numbers, and an outlier is told in the same words as a sampled one.
 */
export interface FinishedSpan {
  readonly ids: SpanIds
  /** null = the root of its trace. */
  readonly parentSpanId: string | null
  /** The parent was made by another process, or could have been. */
  readonly isParentRemote: boolean
  readonly name: string
  readonly kind: SpanKind
  /** Epoch ms with fraction. */
  readonly startTimeMs: number
  readonly endTimeMs: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly links: readonly SpanIds[]
  /** What went wrong, as a word of a closed list; null = nothing. */
  readonly problem: string | null
}

/** Takes finished spans, at any rate, and never fails. */
export interface SpanRecorder {
  record(span: FinishedSpan): void
}

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

const SAMPLED = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/

export function newTraceId(): string {
  return randomId(16)
}

export function newSpanId(): string {
  return randomId(8)
}

/** A value of the header `traceparent` (W3C trace context, version 00) that says: sampled. */
export function writeTraceparent({ traceId, spanId }: SpanIds): string {
  return `00-${traceId}-${spanId}-01`
}

/** Reads the header of a record that was sampled; null for everything else that it may hold. */
export function readTraceparent(text: string): SpanIds | null {
  const [, traceId = '', spanId = ''] = SAMPLED.exec(text) ?? []
  return isId(traceId) && isId(spanId) ? { traceId, spanId } : null
}

/** All zeros mean: none. */
function isId(digits: string): boolean {
  return /[^0]/.test(digits)
}

/** Drawn from the system in one go, as each call costs as much as all else that a span does. */
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
