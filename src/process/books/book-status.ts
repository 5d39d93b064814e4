import { type ApplyResult, changesBook, type ChannelBook } from '../../book/channel-book.ts'
import { findBadTop, isBadLevels } from '../../book/levels.ts'
import type { OrderBook } from '../../book/order-book.ts'
import type { Checkpoint } from '../../model/checkpoint-headers.ts'
import type { Interruption } from '../../model/signals.ts'
import {
  HALT_REASONS,
  type HaltReason,
  type LevelProblem,
  MAINTENANCE_CUTS_WITHIN_MS,
  MAX_MAINTENANCE_MS,
  type StateReason,
  type StateView,
} from '../../model/status.ts'
import type { TopicRecord } from '../../model/topic.ts'
import type { Instant } from '../../time/clock.ts'

/** How long an instrument that will not trade again (`delivered`, `archivized`) is still shown. */
const GONE_SHOWN_MS = 60_000

export interface BookStatusOptions {
  /** A book is stale when it was not verified for this long. */
  staleAfterMs: number
  /** An older record is a backlog, or comes from a wrong clock or a late producer. */
  maxRecordAgeMs: number
}

export interface BookStatusDeps {
  /** Whether the partition is not read to its end (replay or backlog). */
  isBehind(): boolean
  /** Called at each change of state or reason. Default: no callback. */
  onState?: (state: StateView) => void
}

/** A record of the book, as far as relevant to its state. */
export interface StatusRecord {
  readonly checkpoint: Checkpoint | null
  readonly record: Pick<
    TopicRecord,
    'timestampMs' | 'arrivedTimeMs' | 'arrivedMonotonicMs' | 'isAtEnd'
  >
}

/** The book after a frame, and the result of applying it. */
export interface Outcome {
  readonly result: ApplyResult
  readonly book: ChannelBook
}

interface Halt {
  readonly reason: HaltReason
  readonly sinceMonotonicMs: number
  /** When the producer reported it, epoch ms. */
  readonly reportedTimeMs: number
  /**
   * True between the maintenance notice and the closing of the connections: frames still arrive,
   * and the halt applies once they stop.
   */
  readonly isAnnounced: boolean
}

type StateAndReason = Pick<StateView, 'state' | 'reason'>

/**
 * Decides what the book of one instrument may show. Records set the facts; every reading checks
 * whether they still hold, by the monotonic clock.
 */
export class BookStatus {
  readonly #options: BookStatusOptions
  readonly #deps: BookStatusDeps
  #shown: StateView
  #hasSnapshot = false
  #isSequenceWhole = false
  #levels: OrderBook | null = null
  /** Problem of a frame that was rejected since the last accepted one; null if there was none. */
  #badLevels: LevelProblem | null = null
  #lateReason: 'backlog' | 'clock_or_late_producer' | null = null
  #halt: Halt | null = null
  #verifiedUntilMonotonicMs = Number.NEGATIVE_INFINITY
  #verifiedTimeMs: number | null = null
  #isProducerStopped = false
  #hasLapsed = false

  constructor(options: BookStatusOptions, deps: BookStatusDeps, now: Instant) {
    this.#options = options
    this.#deps = deps
    this.#shown = { state: 'waiting', reason: 'no_snapshot', sinceMs: now.wallMs }
  }

  /**
   * Newest verified-at by the producer's wall clock, not after its arrival; epoch ms, null before
   * any.
   */
  get verifiedTimeMs(): number | null {
    return this.#verifiedTimeMs
  }

  /** Why the levels cannot be used, whatever the state; null if complete, valid and two-sided. */
  get unusableReason(): Extract<Interruption, 'gap' | 'invalid' | 'one_sided'> | null {
    if (!this.#hasSnapshot || !this.#isSequenceWhole) return 'gap'
    if (this.#problem() !== null) return 'invalid'
    return this.#missingSide() === null ? null : 'one_sided'
  }

  /** Whether the newest record is the last one that its producer writes of the instrument. */
  get isProducerStopped(): boolean {
    return this.#isProducerStopped
  }

  /** Whether the exchange reports that the instrument does not trade, whatever the state. */
  isHalted(now: Instant): boolean {
    return this.#haltAt(now, true) !== null
  }

  /**
   * Returns whether the book became stale, or fell behind after it was live or halted, since the
   * last call; resets the flag. Other interruptions are visible in `unusableReason` and `isHalted`.
   */
  consumeLapse(): boolean {
    const hasLapsed = this.#hasLapsed
    this.#hasLapsed = false
    return hasLapsed
  }

  /**
   * Applies a record whose frame was applied to the book; returns the problem of the levels, or
   * null.
   */
  apply(applied: StatusRecord, outcome: Outcome, now: Instant): LevelProblem | null {
    this.#settle(now)
    const { record, checkpoint } = applied
    const ageMs = record.arrivedTimeMs - record.timestampMs
    this.#lateReason =
      ageMs <= this.#options.maxRecordAgeMs
        ? null
        : record.isAtEnd
          ? 'clock_or_late_producer'
          : 'backlog'
    this.#isProducerStopped = checkpoint?.isLast ?? false
    this.#applyResult(outcome)
    if (changesBook(outcome.result)) this.#resume(record.timestampMs)
    if (checkpoint !== null) this.#applyInstrumentStatus(checkpoint.instrumentState, record)
    this.#verify(applied)
    this.#settle(now)
    return this.#problem()
  }

  /** Returns the state at `now`, which must not be before the previous call's. */
  at(now: Instant): StateView {
    this.#settle(now)
    return this.#shown
  }

  /** Whether the newest record is no backlog and still verifies the book. */
  isCurrent(now: Instant): boolean {
    return this.#lateReason === null && now.monotonicMs <= this.#verifiedUntilMonotonicMs
  }

  isOver(now: Instant): boolean {
    const halt = this.#halt
    const isFinal = halt?.reason === 'delivered' || halt?.reason === 'archivized'
    return isFinal && now.monotonicMs - halt.sinceMonotonicMs > GONE_SHOWN_MS
  }

  #applyResult({ result, book }: Outcome): void {
    if (isBadLevels(result)) {
      this.#badLevels = result
      return
    }
    this.#isSequenceWhole = book.isWhole
    this.#levels = book.levels
    if (result === 'duplicate' || result === 'waiting' || result === 'gap') return
    this.#hasSnapshot = true
    this.#badLevels = null
  }

  /**
   * Ends maintenance when the book changes, unless the notice is younger than
   * MAINTENANCE_CUTS_WITHIN_MS: then the exchange has not closed the connections yet, and the
   * silence after that will be a halt, not staleness.
   */
  #resume(timestampMs: number): void {
    const halt = this.#halt
    if (halt?.reason !== 'maintenance') return
    // By record timestamps, as a replay takes almost no time.
    const isAnnounced = timestampMs - halt.reportedTimeMs <= MAINTENANCE_CUTS_WITHIN_MS
    this.#halt = isAnnounced ? { ...halt, isAnnounced } : null
  }

  #applyInstrumentStatus(instrumentStatus: string | null, record: StatusRecord['record']): void {
    if (instrumentStatus === null || instrumentStatus === this.#halt?.reason) return
    const reason = HALT_REASONS.find((known) => known === instrumentStatus)
    this.#halt =
      reason === undefined
        ? null
        : {
            reason,
            sinceMonotonicMs: record.arrivedMonotonicMs,
            reportedTimeMs: record.timestampMs,
            isAnnounced: false,
          }
  }

  /**
   * Extends the verification of the instrument to arrival + staleAfterMs - (record timestamp -
   * verified-at). The verified-at of an ordinary record is its own timestamp.
   */
  #verify({ record, checkpoint }: StatusRecord): void {
    const verifiedAtMs = Math.min(
      checkpoint?.verifiedAtMs ?? record.timestampMs,
      record.timestampMs,
    )
    const unverifiedMs = record.timestampMs - verifiedAtMs
    const untilMs = record.arrivedMonotonicMs + this.#options.staleAfterMs - unverifiedMs
    this.#verifiedUntilMonotonicMs = Math.max(this.#verifiedUntilMonotonicMs, untilMs)
    // A producer clock that is ahead must not extend the verification.
    const shownMs = Math.min(verifiedAtMs, record.arrivedTimeMs)
    this.#verifiedTimeMs = Math.max(this.#verifiedTimeMs ?? shownMs, shownMs)
  }

  /** Updates the state to `now` and records since when it holds. */
  #settle(now: Instant): void {
    const { state, reason } = this.#evaluate(now)
    if (state === this.#shown.state && reason === this.#shown.reason) return
    const wasCurrent = this.#shown.state === 'live' || this.#shown.state === 'halted'
    if (state === 'stale' || (state === 'catching_up' && wasCurrent)) this.#hasLapsed = true
    // Staleness starts when the verification expired, not when the state was read.
    const overdueMs = state === 'stale' ? now.monotonicMs - this.#verifiedUntilMonotonicMs : 0
    this.#shown = { state, reason, sinceMs: Math.round(now.wallMs - overdueMs) }
    this.#deps.onState?.(this.#shown)
  }

  /**
   * Evaluates the states in the order of `BOOK_STATES`, `waiting` first: the first that applies
   * wins.
   */
  #evaluate(now: Instant): StateAndReason {
    if (!this.#hasSnapshot) return { state: 'waiting', reason: 'no_snapshot' }
    const isVerified = now.monotonicMs <= this.#verifiedUntilMonotonicMs
    // A backlog brings records. Without any for this long, the backlog is over and the book is
    // stale.
    if (this.#lateReason !== null && isVerified) {
      return { state: 'catching_up', reason: this.#lateReason }
    }
    // Even if the record is young: unread records may hold a newer one of this book.
    if (this.#deps.isBehind() && isVerified) return { state: 'catching_up', reason: 'backlog' }
    const halt = this.#haltAt(now, isVerified)
    const needsNoVerification = halt !== null && isSilentHalt(halt)
    if (!isVerified && !needsNoVerification) {
      return { state: 'stale', reason: this.#isProducerStopped ? 'producer_stopped' : 'unverified' }
    }
    if (!this.#isSequenceWhole) return { state: 'gap', reason: 'sequence_gap' }
    if (halt !== null) return { state: 'halted', reason: halt }
    const problem = this.#problem()
    if (problem !== null) return { state: 'invalid', reason: problem }
    const missing = this.#missingSide()
    if (missing !== null) return { state: 'one_sided', reason: missing }
    return LIVE
  }

  #haltAt(now: Instant, isVerified: boolean): HaltReason | null {
    const halt = this.#halt
    if (halt === null || (halt.isAnnounced && isVerified)) return null
    const isBelieved =
      halt.reason !== 'maintenance' || now.monotonicMs - halt.sinceMonotonicMs < MAX_MAINTENANCE_MS
    return isBelieved ? halt.reason : null
  }

  #problem(): LevelProblem | null {
    if (this.#badLevels !== null) return this.#badLevels
    const bidPrice = this.#levels?.bestBidPrice ?? null
    const askPrice = this.#levels?.bestAskPrice ?? null
    return bidPrice === null || askPrice === null ? null : findBadTop(bidPrice, askPrice)
  }

  #missingSide(): Extract<StateReason, 'one_sided' | 'empty'> | null {
    const hasBids = (this.#levels?.bidCount ?? 0) > 0
    const hasAsks = (this.#levels?.askCount ?? 0) > 0
    if (hasBids && hasAsks) return null
    return hasBids || hasAsks ? 'one_sided' : 'empty'
  }
}

/** One object for nearly all evaluations: each record causes up to three. */
const LIVE: StateAndReason = { state: 'live', reason: null }

/** Halts after which exchange and producer send nothing: `halted` instead of `stale`. */
function isSilentHalt(reason: HaltReason): boolean {
  return reason === 'maintenance' || reason === 'delivered' || reason === 'archivized'
}
