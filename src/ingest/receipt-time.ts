import type { OffsetEstimate } from '../model/feed.ts'
import type { Logger } from '../model/telemetry.ts'
import type { Clock } from '../time/clock.ts'

/** Within this the wall clock runs as the monotonic one does; beyond it, it was set. */
const MAX_STEP_MS = 50

export interface ReceiptTimeOptions {
  /** False where only this process reads the records: its reader goes by the same wall clock. */
  isStepHeld: boolean
}

export interface ReceiptTimeDeps {
  clock: Clock
  /** The exchange's clock against our wall clock; null until it was measured after the last step. */
  clockOffset: () => OffsetEstimate | null
  logger: Logger
}

/**
 * The time that records carry. It is that of the wall clock, but where the wall clock was set while we
 * ran it goes on as before (by the monotonic clock) until the exchange's clock says which of the two is
 * nearer: a wrong wall clock would get records refused by the broker, deleted too early or kept too
 * long, and be taken for the truth by everybody who reads the topic.
 */
export class ReceiptTime {
  readonly #options: ReceiptTimeOptions
  readonly #deps: ReceiptTimeDeps
  #wallMinusMonotonicMs: number
  /** How far the wall clock is ahead of the time that records carry. */
  #stepMs = 0

  constructor(options: ReceiptTimeOptions, deps: ReceiptTimeDeps) {
    this.#options = options
    this.#deps = deps
    this.#wallMinusMonotonicMs = deps.clock.nowMs() - deps.clock.monotonicMs()
  }

  /** Epoch ms, whole, for a record of now: both clocks as they were read at its receipt. */
  of(wallMs: number, monotonicMs: number): number {
    const differenceMs = wallMs - monotonicMs
    const movedMs = differenceMs - this.#wallMinusMonotonicMs
    this.#wallMinusMonotonicMs = differenceMs
    if (this.#options.isStepHeld && Math.abs(movedMs) > MAX_STEP_MS) this.#step(movedMs)
    if (this.#stepMs !== 0) this.#compare()
    return Math.round(wallMs - this.#stepMs)
  }

  /** The exchange's clock against the time that records carry. */
  clockOffset(): OffsetEstimate | null {
    const offset = this.#deps.clockOffset()
    return offset === null ? null : { ...offset, offsetMs: offset.offsetMs + this.#stepMs }
  }

  #step(movedMs: number): void {
    this.#stepMs += movedMs
    this.#deps.logger.warn(
      { movedMs: Math.round(movedMs) },
      'the wall clock was set: records keep their time until the exchange confirms it',
    )
    // It was set back to where it had been.
    if (Math.abs(this.#stepMs) <= MAX_STEP_MS) this.#stepMs = 0
  }

  #compare(): void {
    const offset = this.#deps.clockOffset()
    if (offset === null) return
    const isWallNearer = Math.abs(offset.offsetMs) <= Math.abs(offset.offsetMs + this.#stepMs)
    if (!isWallNearer) return
    this.#deps.logger.info(
      { stepMs: Math.round(this.#stepMs) },
      'the exchange confirms the wall clock: records carry its time again',
    )
    this.#stepMs = 0
  }
}
