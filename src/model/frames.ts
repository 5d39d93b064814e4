/** Price in Deribit's quote unit, amount in Deribit's unit for the instrument. Amount 0 removes the level. */
export type Level = readonly [price: number, amount: number]

/** The levels of one side of a frame, in the order of the frame. */
export interface FrameLevels extends Iterable<Level> {
  readonly size: number
  /** Prices and amounts of the levels at the same index; numbers beyond `size` are meaningless. */
  readonly prices: Float64Array
  readonly amounts: Float64Array
}

export type Side = 'bid' | 'ask'

/**
 * How to apply a book frame:
 * - `grouped`: the best levels of the grouped channel, replaces all levels; has no sequence;
 * - `snapshot`: the full book of an incremental channel, starts a sequence;
 * - `change`: absolute new amounts for the listed prices, continues the sequence of `prevChangeId`.
 */
export type BookFrameKind = 'grouped' | 'snapshot' | 'change'

/** An order-book notification with a valid structure; its levels are not validated yet. */
export interface BookFrame {
  readonly type: 'book'
  readonly kind: BookFrameKind
  /** Full channel name; sequence and state belong to the channel, not to the instrument. */
  readonly channel: string
  readonly instrument: string
  /** Exchange time of the last change in the book, epoch ms. */
  readonly exchangeTimeMs: number
  /** Increasing, not consecutive, shared by many instruments. */
  readonly changeId: number
  /** `changeId` of the previous frame of the channel; null if the frame carries none. */
  readonly prevChangeId: number | null
  /** Maximum number of levels per side in the channel; null = unlimited. */
  readonly maxLevels: number | null
  /** Valid until the parser that returned the frame parses the next one: copy what must outlive that. */
  readonly bids: FrameLevels
  readonly asks: FrameLevels
}

/** One public trade; `side` is the taker's. */
export interface Trade {
  readonly instrument: string
  /** Sequential per instrument; a gap means a lost trade. */
  readonly tradeSeq: number
  readonly tradeId: string
  readonly exchangeTimeMs: number
  /** May be 0 or negative for a combo. */
  readonly price: number
  readonly amount: number
  readonly side: 'buy' | 'sell'
  /**
   * Mark price of the instrument at the time of the trade; null if the exchange did not send it.
   */
  readonly markPrice: number | null
  /**
   * Price of the underlying index at the time of the trade; null if the exchange did not send it.
   */
  readonly indexPrice: number | null
  /** Part of a block trade: negotiated, did not trade against the book. */
  readonly isBlock: boolean
  /** Leg of a combo trade: traded against the combo's book, not this one. */
  readonly isComboLeg: boolean
}

/** A trades notification. All trades are of one instrument. */
export interface TradesFrame {
  readonly type: 'trades'
  readonly channel: string
  readonly instrument: string
  readonly trades: readonly Trade[]
}

export type MarketFrame = BookFrame | TradesFrame

/** Why an external text is not a market frame. */
export type FrameProblem = 'json' | 'schema' | 'unknown_channel'

export type ParsedRecord = { ok: true; frame: MarketFrame } | { ok: false; problem: FrameProblem }

/**
 * Parses the value of a topic record: a notification exactly as the exchange sent it. Never throws.
 * Implemented in the exchange folder, which alone knows the JSON format.
 */
export type RecordParser = (value: Uint8Array) => ParsedRecord

/** What is known of a frame's arrival. */
export interface Receipt {
  /**
   * The frame byte for byte; a slice of the socket's chunk, so copy it if it must outlive the call.
   */
  readonly bytes: Buffer
  /** Wall clock when the socket delivered the frame, epoch ms. */
  readonly receivedTimeMs: number
  readonly receivedMonotonicMs: number
  /**
   * Request that this frame is the first answer to, for its channel; null for all later frames. The
   * first frame carries the time of the last change of the book, which may be old: it gives no lag.
   */
  readonly answers: 'subscribe' | 'resync' | 'probe' | null
}
