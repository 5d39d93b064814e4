import type { Level } from '../../model/frames.ts'

/** What a checkpoint frame shows of a book. */
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
 * A whole book in the exchange's shape: the `snapshot` that an incremental channel would send now.
 * Its `timestamp` is that of the last applied frame, its `change_id` continues the channel's sequence.
 * null where the book is not whole.
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
 * A sign of life between snapshots: an empty change whose id is the last one, which the exchange's
 * own sequence rule ignores as a duplicate. null where the book is not whole.
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
