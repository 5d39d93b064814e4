/** Price in Deribit's quote unit, amount in Deribit's unit for the instrument. Amount 0 removes the level. */
export type Level = readonly [price: number, amount: number]

export type Side = 'bid' | 'ask'

/**
 * How a book frame is to be read:
 * - `grouped`: the best levels of the grouped channel, replaces the window; has no sequence;
 * - `snapshot`: the whole book of an incremental channel, starts a sequence;
 * - `change`: absolute new amounts for the listed prices, continues the sequence of `prevChangeId`.
 */
export type BookFrameKind = 'grouped' | 'snapshot' | 'change'

/** One order-book notification, structurally valid; the levels are as sent, not yet judged. */
export interface BookFrame {
  readonly type: 'book'
  readonly kind: BookFrameKind
  /** Full channel name; the sequence and all state belong to it, not to the instrument. */
  readonly channel: string
  readonly instrument: string
  /** Exchange time of the last change in the book, epoch ms. */
  readonly exchangeTimeMs: number
  /** Rising, not consecutive, shared by many instruments. */
  readonly changeId: number
  /** `changeId` of the frame before in the same channel; null where the frame carries none. */
  readonly prevChangeId: number | null
  /** Levels of a side that the channel shows at most; null = all there are. */
  readonly maxLevels: number | null
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

/** One trade as seen by the market: `side` is the taker's. */
export interface Trade {
  readonly instrument: string
  /** Sequential per instrument; a hole means a lost trade. */
  readonly tradeSeq: number
  readonly tradeId: string
  readonly exchangeTimeMs: number
  /** Of a combo it may be 0 or below. */
  readonly price: number
  readonly amount: number
  readonly side: 'buy' | 'sell'
  /** Part of a block trade: negotiated, it took nothing from the book. */
  readonly isBlock: boolean
  /** Leg of a trade of a combo: what was taken is the combo's book, not this one. */
  readonly isComboLeg: boolean
}

/** One trades notification. All trades are of one instrument. */
export interface TradesFrame {
  readonly type: 'trades'
  readonly channel: string
  readonly instrument: string
  readonly trades: readonly Trade[]
}

export type MarketFrame = BookFrame | TradesFrame

/** Why a text from outside is not a market frame. */
export type FrameProblem = 'json' | 'schema' | 'unknown_channel'

export type ParsedRecord = { ok: true; frame: MarketFrame } | { ok: false; problem: FrameProblem }

/**
 * Reads a record value of the topic: a notification exactly as the exchange sent it.
 * Never throws. The implementation lives at the exchange edge, which alone knows the JSON.
 */
export type RecordParser = (value: Uint8Array) => ParsedRecord

/** What arrived with a frame from the exchange. */
export interface Receipt {
  /** The frame byte for byte; a slice of the socket's chunk, so copy what outlives the call. */
  readonly bytes: Buffer
  /** Wall clock when the socket gave us the frame, epoch ms. */
  readonly receivedTimeMs: number
  readonly receivedMonotonicMs: number
  /**
   * What the frame is the first answer to, for its channel; null for all later ones. A first frame
   * carries the time of the last change of the book, which may be long ago: it is no lag.
   */
  readonly answers: 'subscribe' | 'resync' | 'probe' | null
}
