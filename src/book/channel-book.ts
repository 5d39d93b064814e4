import type { BookFrame } from '../model/frames.ts'
import { mayHaveNegativePrices } from '../model/status.ts'
import { type BadLevels, findBadChange, findBadLevels, type LevelRules } from './levels.ts'
import { OrderBook } from './order-book.ts'
import { checkChange, checkSnapshot, type SequencePoint } from './sequence.ts'

/**
 * Apply result of a frame:
 * - `accepted`: applied to the book;
 * - `new_sequence`: accepted, but ids restarted, so it must not be compared with earlier frames;
 * - `verified`: a checkpoint that shows the current book;
 * - `mismatch`: a checkpoint of the current frame that shows another book, which was applied;
 * - `duplicate`: seen before, or unable to repair a broken sequence; ignored;
 * - `gap`: frames are missing; the sequence is broken from here on;
 * - `waiting`: a change without an unbroken sequence before it, ignored;
 * - a level problem: the frame was rejected.
 */
export type ApplyResult =
  | 'accepted'
  | 'new_sequence'
  | 'verified'
  | 'mismatch'
  | 'duplicate'
  | 'gap'
  | 'waiting'
  | BadLevels

export interface ChannelBookOptions {
  /** True if frames come directly from the exchange, each once; frames from a topic may repeat. */
  readonly isFromExchange: boolean
}

/** The book of one channel, with the rules of its sequence. Used by ingest and processing. */
export class ChannelBook {
  readonly channel: string
  readonly #isFromExchange: boolean
  #levels: OrderBook | null = null
  #last: SequencePoint | null = null
  #isWhole = false
  /** Level rules of the instrument, known with its first frame. */
  #rules: LevelRules | null = null
  /** The frame that showed the gap; null if invalid data broke the sequence, or nothing did. */
  #brokenAt: SequencePoint | null = null

  constructor(channel: string, options: ChannelBookOptions = { isFromExchange: false }) {
    this.channel = channel
    this.#isFromExchange = options.isFromExchange
  }

  /** null before the first snapshot. After a gap: the book before the gap. */
  get levels(): OrderBook | null {
    return this.#levels
  }

  /** Position of the last accepted frame. */
  get last(): SequencePoint | null {
    return this.#last
  }

  /** False before the first snapshot, and from a gap until the next snapshot. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /**
   * Validates a frame and applies it if its sequence allows. Never throws.
   * @param isCheckpoint whether a producer made it from its own validated book
   */
  apply(frame: BookFrame, isCheckpoint: boolean): ApplyResult {
    const findProblem = frame.kind === 'change' ? findBadChange : findBadLevels
    this.#rules ??= { allowsNegativePrices: mayHaveNegativePrices(frame.instrument) }
    const problem = findProblem(frame.bids, frame.asks, this.#rules)
    if (problem !== null) return problem
    return frame.kind === 'change'
      ? this.#applyChange(frame)
      : this.#applySnapshot(frame, isCheckpoint)
  }

  /** Breaks the sequence: nothing is applied until the next snapshot. */
  breakSequence(): void {
    this.#isWhole = false
  }

  #applySnapshot(frame: BookFrame, isCheckpoint: boolean): ApplyResult {
    if (!this.#isWhole && !this.#canRecover(frame, isCheckpoint)) return 'duplicate'
    const result = checkSnapshot(this.#last, frame)
    if (result === 'duplicate' && !this.#isWhole) return this.#replace(frame, 'accepted')
    if (result === 'duplicate') {
      const isCurrent = frame.changeId === this.#last?.changeId
      if (!isCurrent || !isCheckpoint) return 'duplicate'
      return this.#levels?.equals(frame.bids, frame.asks) === true
        ? 'verified'
        : this.#replace(frame, 'mismatch')
    }
    return this.#replace(frame, result === 'next' ? 'accepted' : 'new_sequence')
  }

  /**
   * Whether a snapshot may recover a broken book: any one directly from the exchange, whose hosts
   * have different ids. From a topic, neither one older than the last accepted frame, nor a
   * checkpoint from before the break.
   */
  #canRecover(frame: BookFrame, isCheckpoint: boolean): boolean {
    if (this.#last === null || this.#isFromExchange) return true
    const isSeen = checkSnapshot(this.#last, frame) === 'duplicate'
    if (isSeen && frame.changeId !== this.#last.changeId) return false
    const broken = this.#brokenAt
    return (
      !isCheckpoint ||
      broken === null ||
      checkSnapshot(broken, frame) !== 'duplicate' ||
      frame.changeId >= broken.changeId
    )
  }

  #applyChange(frame: BookFrame): ApplyResult {
    if (!this.#isWhole || this.#last === null || this.#levels === null) return 'waiting'
    const result = checkChange(this.#last, frame)
    if (result === 'gap') {
      this.#isWhole = false
      this.#brokenAt = pointOf(frame)
      return 'gap'
    }
    if (result === 'duplicate') {
      return frame.changeId === this.#last.changeId && isEmpty(frame) ? 'verified' : 'duplicate'
    }
    this.#levels.change(frame.bids, frame.asks)
    this.#last = pointOf(frame)
    return 'accepted'
  }

  #replace(frame: BookFrame, result: ApplyResult): ApplyResult {
    this.#levels ??= new OrderBook()
    this.#levels.replace(frame.bids, frame.asks, frame.maxLevels)
    this.#last = pointOf(frame)
    this.#isWhole = true
    this.#brokenAt = null
    return result
  }
}

function pointOf(frame: BookFrame): SequencePoint {
  return { changeId: frame.changeId, exchangeTimeMs: frame.exchangeTimeMs }
}

/**
 * Whether a change has no levels: then it is the checkpoint that a producer sends between
 * snapshots.
 */
function isEmpty(frame: BookFrame): boolean {
  return frame.bids.size === 0 && frame.asks.size === 0
}

/** Whether the apply result changed the book. */
export function changesBook(result: ApplyResult): boolean {
  return result === 'accepted' || result === 'new_sequence' || result === 'mismatch'
}
