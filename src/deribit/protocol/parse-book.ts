import type { BookFrame, BookFrameKind } from '../../model/frames.ts'
import { LevelList } from '../../model/level-list.ts'
import { isCount, isObject, type JsonObject } from './messages.ts'

/**
 * Parses the `data` of a grouped book channel: `[price, amount]` rows, best first, no `type`, no
 * `prev_change_id`. Returns null if the structure is invalid. Does not validate the levels.
 * @param depth maximum number of levels per side of the channel
 */
export function parseGrouped(
  channel: string,
  instrument: string,
  depth: number,
  data: unknown,
): BookFrame | null {
  if (!isObject(data) || !hasHead(data, instrument)) return null
  const { timestamp, change_id: changeId } = data
  const bids = parsePairs(data['bids'])
  const asks = parsePairs(data['asks'])
  if (bids === null || asks === null) return null
  return {
    type: 'book',
    kind: 'grouped',
    channel,
    instrument,
    exchangeTimeMs: timestamp,
    changeId,
    prevChangeId: null,
    maxLevels: depth,
    bids,
    asks,
  }
}

/**
 * Parses the `data` of an incremental book channel: `[action, price, amount]` rows with absolute
 * amounts; `delete` becomes amount 0. `type` decides first; before mid-2021 it was absent, and a
 * frame without `prev_change_id` was the snapshot. `prev_change_id` 0 opens a new book.
 */
export function parseIncremental(
  channel: string,
  instrument: string,
  data: unknown,
): BookFrame | null {
  if (!isObject(data) || !hasHead(data, instrument)) return null
  const { timestamp, change_id: changeId, prev_change_id: prevChangeId = null } = data
  if (prevChangeId !== null && !isCount(prevChangeId)) return null
  const kind = incrementalKind(data['type'], prevChangeId)
  const bids = parseActions(data['bids'])
  const asks = parseActions(data['asks'])
  if (kind === null || bids === null || asks === null) return null
  return {
    type: 'book',
    kind,
    channel,
    instrument,
    exchangeTimeMs: timestamp,
    changeId,
    prevChangeId,
    maxLevels: null,
    bids,
    asks,
  }
}

interface BookHead extends JsonObject {
  readonly timestamp: number
  readonly change_id: number
}

function hasHead(data: JsonObject, instrument: string): data is BookHead {
  return (
    data['instrument_name'] === instrument &&
    isCount(data['timestamp']) &&
    isCount(data['change_id'])
  )
}

export function incrementalKind(type: unknown, prevChangeId: number | null): BookFrameKind | null {
  if (type === 'snapshot') return 'snapshot'
  if (prevChangeId === 0 && (type === 'change' || type === undefined)) return 'snapshot'
  if (type === 'change') return prevChangeId === null ? null : 'change'
  if (type === undefined) return prevChangeId === null ? 'snapshot' : 'change'
  return null
}

function parsePairs(rows: unknown): LevelList | null {
  if (!Array.isArray(rows)) return null
  const levels = new LevelList(rows.length)
  for (const row of rows as readonly unknown[]) {
    if (!Array.isArray(row) || row.length !== 2) return null
    const [price, amount] = row as readonly unknown[]
    if (typeof price !== 'number' || typeof amount !== 'number') return null
    levels.add(price, amount)
  }
  return levels
}

function parseActions(rows: unknown): LevelList | null {
  if (!Array.isArray(rows)) return null
  const levels = new LevelList(rows.length)
  for (const row of rows as readonly unknown[]) {
    if (!Array.isArray(row) || row.length !== 3) return null
    const [action, price, amount] = row as readonly unknown[]
    if (typeof price !== 'number' || typeof amount !== 'number') return null
    if (action === 'delete') levels.add(price, 0)
    else if (action === 'new' || action === 'change') levels.add(price, amount)
    else return null
  }
  return levels
}
