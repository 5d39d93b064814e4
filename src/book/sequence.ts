/** Position of a frame in its channel. */
export interface SequencePoint {
  readonly changeId: number
  /** Exchange time, epoch ms. */
  readonly exchangeTimeMs: number
}

/**
 * Order of a snapshot:
 * - `next`: newer than the last accepted frame;
 * - `duplicate`: both numbers at or below the last accepted ones;
 * - `new_sequence`: a lower id at a later time, as after a release or on another exchange host.
 */
export type SnapshotOrder = 'next' | 'duplicate' | 'new_sequence'

/** Checks a snapshot of a channel by its id and time. */
export function checkSnapshot(last: SequencePoint | null, frame: SequencePoint): SnapshotOrder {
  if (last === null || frame.changeId > last.changeId) return 'next'
  if (frame.exchangeTimeMs <= last.exchangeTimeMs) return 'duplicate'
  return frame.changeId < last.changeId ? 'new_sequence' : 'next'
}

/**
 * Order of a change:
 * - `next`: continues the sequence;
 * - `duplicate`: already applied, ignored;
 * - `gap`: frames are missing, or the channel's sequence restarted.
 */
export type ChangeOrder = 'next' | 'duplicate' | 'gap'

/**
 * Checks a change of an incremental channel whose sequence is unbroken up to `last`. Ids are not
 * consecutive: only `prevChangeId` equal to the last id continues the sequence. A lower id at a
 * later time is a new sequence, and so a gap.
 */
export function checkChange(
  last: SequencePoint,
  frame: SequencePoint & { readonly prevChangeId: number | null },
): ChangeOrder {
  if (frame.changeId <= last.changeId) {
    const isNewSequence =
      frame.changeId < last.changeId && frame.exchangeTimeMs > last.exchangeTimeMs
    return isNewSequence ? 'gap' : 'duplicate'
  }
  return frame.prevChangeId === last.changeId ? 'next' : 'gap'
}

/** Position of a trade in the trades of its instrument. */
export interface TradePoint {
  /** Increases by one with each trade. */
  readonly tradeSeq: number
  /** Exchange time, epoch ms. */
  readonly exchangeTimeMs: number
}

/**
 * Order of a trade:
 * - `next`: no trade is missing since the last one;
 * - `duplicate`: seen before;
 * - `gap`: trades are missing, or the numbers restarted.
 */
export type TradeOrder = 'next' | 'duplicate' | 'gap'

/**
 * Checks a trade by its number and time, like a snapshot: a number at or below the last one is a
 * duplicate only if its time is not later either.
 */
export function checkTrade(last: TradePoint | null, trade: TradePoint): TradeOrder {
  if (last === null || trade.tradeSeq === last.tradeSeq + 1) return 'next'
  if (trade.tradeSeq > last.tradeSeq) return 'gap'
  return trade.exchangeTimeMs <= last.exchangeTimeMs ? 'duplicate' : 'gap'
}
