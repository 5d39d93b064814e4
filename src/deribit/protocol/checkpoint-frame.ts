import type { Level } from '../../model/frames.ts'

/** The state of a book for a checkpoint frame. */
export interface CheckpointBook {
  readonly channel: string
  readonly isWhole: boolean
  readonly last: { readonly changeId: number; readonly exchangeTimeMs: number } | null
  readonly levels: {
    readonly bidCount: number
    readonly askCount: number
    bids(depth: number): readonly Level[]
    asks(depth: number): readonly Level[]
  } | null
}

/**
 * Writes the `snapshot` frame that an incremental channel would send now, in the format of the exchange. Its
 * `timestamp` is that of the last applied frame, its `change_id` continues the sequence of the channel.
 * null if the book is incomplete.
 */
function writeSnapshotFrame(book: CheckpointBook, instrument: string): Buffer | null {
  const { levels, last, isWhole } = book
  if (levels === null || last === null || !isWhole) return null
  return writeFrame(book.channel, {
    type: 'snapshot',
    timestamp: last.exchangeTimeMs,
    instrument_name: instrument,
    change_id: last.changeId,
    bids: levels.bids(levels.bidCount).map(asNew),
    asks: levels.asks(levels.askCount).map(asNew),
  })
}

/**
 * Writes a liveness frame between snapshots: an empty change with the last `change_id`, which consumers ignore
 * as a duplicate. null if the book is incomplete.
 */
function writeEmptyChange(book: CheckpointBook, instrument: string): Buffer | null {
  const { last, isWhole } = book
  if (last === null || !isWhole) return null
  return writeFrame(book.channel, {
    type: 'change',
    timestamp: last.exchangeTimeMs,
    instrument_name: instrument,
    change_id: last.changeId,
    bids: [],
    asks: [],
    prev_change_id: last.changeId,
  })
}

/** Writes checkpoint frames in the exchange's JSON. */
export const checkpointFrames = { writeSnapshotFrame, writeEmptyChange }

function asNew([price, amount]: Level): [string, number, number] {
  return ['new', price, amount]
}

function writeFrame(channel: string, data: object): Buffer {
  const frame = { jsonrpc: '2.0', method: 'subscription', params: { channel, data } }
  return Buffer.from(JSON.stringify(frame))
}
