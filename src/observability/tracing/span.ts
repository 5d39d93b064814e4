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
