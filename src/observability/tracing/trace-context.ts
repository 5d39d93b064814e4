import { randomFillSync } from 'node:crypto'
import type { SpanIds } from './span.ts'

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
