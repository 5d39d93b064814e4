import type { ReferenceLevel } from '../market/reference-book.ts'

/** One frame in this many has its keys in another order and an unknown field. */
const VARIANT_EVERY = 64
let rendered = 0

function isVariantDue(): boolean {
  rendered += 1
  return rendered % VARIANT_EVERY === 0
}

/** Wraps `data` of a channel in the notification. */
export function notification(channel: string, data: string): string {
  return isVariantDue()
    ? `{"params":{"data":${data},"channel":"${channel}","sim_unknown":{}},"method":"subscription","jsonrpc":"2.0"}`
    : `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":${data}}}`
}

export interface BookFrameFacts {
  readonly channel: string
  readonly instrument: string
  readonly timestampMs: number
  readonly changeId: number
}

/** Formats the `[price,amount]` rows of a side, best first. */
export function groupedRows(levels: readonly ReferenceLevel[], depth: number): string {
  const count = Math.min(depth, levels.length)
  if (count === 0) return '[]'
  let rows = ''
  for (let at = 0; at < count; at += 1) {
    rows += `${at === 0 ? '[[' : ',['}${(levels[at] as ReferenceLevel).text}]`
  }
  return `${rows}]`
}

/** Formats the `["new",price,amount]` rows of a side. */
export function snapshotRows(levels: readonly ReferenceLevel[]): string {
  return `[${levels.map(({ text }) => `["new",${text}]`).join(',')}]`
}

/**
 * Builds a frame of the grouped channel; `padBytes` > 0 adds an unknown field of about that size.
 */
export function groupedFrame(
  facts: BookFrameFacts,
  bids: string,
  asks: string,
  padBytes = 0,
): string {
  const { channel, instrument, timestampMs, changeId } = facts
  const pad = padBytes > 0 ? `,"sim_pad":"${'x'.repeat(padBytes)}"` : ''
  return notification(
    channel,
    `{"timestamp":${timestampMs},"change_id":${changeId},"instrument_name":"${instrument}","bids":${bids},"asks":${asks}${pad}}`,
  )
}

/** Builds a frame of the incremental channel in the field order of 2026, `prev_change_id` last. */
export function incrementalFrame(
  facts: BookFrameFacts,
  type: 'snapshot' | 'change',
  rows: { bids: string; asks: string },
  prevChangeId: number | null,
): string {
  const { channel, instrument, timestampMs, changeId } = facts
  const prev = prevChangeId === null ? '' : `,"prev_change_id":${prevChangeId}`
  return notification(
    channel,
    `{"timestamp":${timestampMs},"type":"${type}","change_id":${changeId},"instrument_name":"${instrument}","bids":${rows.bids},"asks":${rows.asks}${prev}}`,
  )
}
