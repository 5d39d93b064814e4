import type { OffsetEstimate } from '../model/feed.ts'
import type { Logger } from '../model/telemetry.ts'
import type { Clock } from '../time/clock.ts'

/**
 * A larger change of the difference between wall and monotonic clock is a step of the wall clock.
 */
const MAX_STEP_MS = 50

export interface ReceiptTimeOptions {
  /**
   * False to follow every step: producer and consumer share the wall clock if only this process
   * reads.
   */
  isStepHeld: boolean
}

export interface ReceiptTimeDeps {
  clock: Clock
  /**
   * The exchange's clock relative to the local wall clock; null until measured after the last step.
   */
  clockOffset: () => OffsetEstimate | null
  logger: Logger
}

/**
 * Provides the timestamp of records. It follows the wall clock, except after a step of the wall
 * clock: then it continues by the monotonic clock until the exchange's clock confirms one of the
 * two. With a wrong wall clock the broker could reject records, delete them too early or keep them
 * too long, and consumers would compute wrong ages.
 */
export class ReceiptTime {
  readonly #options: ReceiptTimeOptions
  readonly #deps: ReceiptTimeDeps
  #wallMinusMonotonicMs: number
  /** How far the wall clock is ahead of the timestamps of records, ms; 0 while they follow it. */
  #stepMs = 0

  constructor(options: ReceiptTimeOptions, deps: ReceiptTimeDeps) {
    this.#options = options
    this.#deps = deps
    this.#wallMinusMonotonicMs = deps.clock.nowMs() - deps.clock.monotonicMs()
  }

  /** Timestamp of a record, integer epoch ms, from both clocks as read at its receipt. */
  of(wallMs: number, monotonicMs: number): number {
    const differenceMs = wallMs - monotonicMs
    const movedMs = differenceMs - this.#wallMinusMonotonicMs
    this.#wallMinusMonotonicMs = differenceMs
    if (this.#options.isStepHeld && Math.abs(movedMs) > MAX_STEP_MS) this.#step(movedMs)
    if (this.#stepMs !== 0) this.#compare()
    return Math.round(wallMs - this.#stepMs)
  }

  /**
   * Offset of the exchange's clock from the timestamps of records; null while it is not measured.
   */
  clockOffset(): OffsetEstimate | null {
    const offset = this.#deps.clockOffset()
    return offset === null ? null : { ...offset, offsetMs: offset.offsetMs + this.#stepMs }
  }

  #step(movedMs: number): void {
    this.#stepMs += movedMs
    this.#deps.logger.warn(
      { movedMs: Math.round(movedMs) },
      'wall clock was stepped, record timestamps follow the monotonic clock until the exchange clock confirms it',
    )
    // The wall clock was set back to its previous course.
    if (Math.abs(this.#stepMs) <= MAX_STEP_MS) this.#stepMs = 0
  }

  #compare(): void {
    const offset = this.#deps.clockOffset()
    if (offset === null) return
    const isWallNearer = Math.abs(offset.offsetMs) <= Math.abs(offset.offsetMs + this.#stepMs)
    if (!isWallNearer) return
    this.#deps.logger.info(
      { stepMs: Math.round(this.#stepMs) },
      'exchange clock confirmed the wall clock, record timestamps follow it again',
    )
    this.#stepMs = 0
  }
}
