import type { Logger } from '../model/telemetry.ts'
import type { Clock, Timer } from '../time/clock.ts'

const POLL_MS = 250
/** Overload starts after the delay was over the limit at this many polls in a row. */
const ENTER_POLLS = 4
/** Load of the event loop, 0 to 1, from which on the process is at its limit. */
const BUSY_LOAD = 0.8
/** Below this load the process could handle more records. */
const RELAXED_LOAD = 0.5
/** Overload ends after this long without a dropped record, or below `RELAXED_LOAD`. */
const LEAVE_AFTER_MS = 2000
/** With `isProbed`, dropping is paused after this long to find out whether the overload is over. */
const PROBE_AFTER_MS = 10_000
/** A delay that shrinks faster than this, in ms per ms, is that of a backlog being drained. */
const SHRINKS_BY = 0.05
/** For this long after an overload, half the delay and half the polls suffice for the next one. */
const SOON_AFTER_MS = 60_000

export interface OverloadMonitorOptions {
  /** Which half of the service, for the log. */
  role: 'producer' | 'consumer'
  /** Limit of the delay of records, ms. */
  delayLimitMs: number
  /**
   * True if records are dropped for as long as the overload lasts, even when none is late any more:
   * the overload is then ended from time to time to test for it. False if only late records are
   * dropped.
   */
  isProbed: boolean
}

export interface OverloadMonitorDeps {
  clock: Clock
  logger: Logger
  /** Share of time that the event loop is busy, 0 to 1. */
  load: () => number
  /**
   * How late the records are that are handled now, ms. null if unknown, or if they are late for
   * another reason than overload: the broker does not answer, or has just returned and gets the
   * records of the outage. null ends an overload.
   */
  delayMs: () => number | null
  /** Whether records are acknowledged now: then the broker is not the cause of the delay. */
  isProgressing: () => boolean
  /** Called when an overload starts or ends, and at every poll while it lasts. */
  onPoll: (isOverloaded: boolean) => void
}

/**
 * Detects that records come faster than this process can handle them: the event loop is busy, and
 * records are late by more than the limit without catching up. A broker that does not answer makes
 * records late too, but leaves the event loop idle.
 */
export class OverloadMonitor {
  readonly #options: OverloadMonitorOptions
  readonly #deps: OverloadMonitorDeps
  #timer: Timer | null = null
  /** Delays over the limit at the last polls, oldest first. */
  #late: { readonly delayMs: number; readonly atMs: number }[] = []
  #endedMonotonicMs = Number.NEGATIVE_INFINITY
  #isOverloaded = false
  #startedMonotonicMs = 0
  #droppedMonotonicMs = 0
  #busyMonotonicMs = 0

  constructor(options: OverloadMonitorOptions, deps: OverloadMonitorDeps) {
    this.#options = options
    this.#deps = deps
  }

  get isOverloaded(): boolean {
    return this.#isOverloaded
  }

  start(): void {
    this.#timer ??= this.#deps.clock.setTimer(() => this.#poll(), POLL_MS)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Call when a record was dropped because of the overload. */
  noteDropped(): void {
    this.#droppedMonotonicMs = this.#deps.clock.monotonicMs()
  }

  #poll(): void {
    this.#timer = this.#deps.clock.setTimer(() => this.#poll(), POLL_MS)
    const { clock, load, delayMs, onPoll } = this.#deps
    const nowMs = clock.monotonicMs()
    const delay = delayMs()
    const currentLoad = load()
    if (currentLoad >= RELAXED_LOAD) this.#busyMonotonicMs = nowMs
    if (!this.#isOverloaded) {
      if (this.#isStarting(delay, currentLoad, nowMs)) this.#start(nowMs, delay)
      else return
    } else if (this.#isEnding(delay, nowMs)) {
      this.#end(nowMs)
    }
    onPoll(this.#isOverloaded)
  }

  #isStarting(delayMs: number | null, load: number, nowMs: number): boolean {
    const isSoon = nowMs - this.#endedMonotonicMs < SOON_AFTER_MS
    const limitMs = this.#options.delayLimitMs / (isSoon ? 2 : 1)
    const polls = ENTER_POLLS / (isSoon ? 2 : 1)
    const isLate = delayMs !== null && delayMs > limitMs
    if (!isLate || load < BUSY_LOAD || !this.#deps.isProgressing()) {
      this.#late = []
      return false
    }
    this.#late.push({ delayMs, atMs: nowMs })
    if (this.#late.length > polls) this.#late.shift()
    const [first] = this.#late
    if (this.#late.length < polls || first === undefined) return false
    return first.delayMs - delayMs <= (nowMs - first.atMs) * SHRINKS_BY
  }

  #isEnding(delay: number | null, nowMs: number): boolean {
    if (delay === null) return true
    const { isProbed, delayLimitMs } = this.#options
    const isQuiet = nowMs - this.#droppedMonotonicMs >= LEAVE_AFTER_MS
    const isRelaxed = nowMs - this.#busyMonotonicMs >= LEAVE_AFTER_MS
    const isProbeDue = isProbed && nowMs - this.#startedMonotonicMs >= PROBE_AFTER_MS
    return isQuiet || isRelaxed || (isProbeDue && delay < delayLimitMs / 2)
  }

  #start(nowMs: number, delay: number | null): void {
    this.#isOverloaded = true
    this.#late = []
    this.#startedMonotonicMs = nowMs
    this.#droppedMonotonicMs = nowMs
    this.#busyMonotonicMs = nowMs
    const { logger } = this.#deps
    const { role } = this.#options
    logger.warn(
      { role, delayMs: Math.round(delay ?? 0) },
      'overloaded, dropping superseded records',
    )
  }

  #end(nowMs: number): void {
    this.#isOverloaded = false
    this.#endedMonotonicMs = nowMs
    const lastedMs = Math.round(nowMs - this.#startedMonotonicMs)
    this.#deps.logger.info({ role: this.#options.role, lastedMs }, 'no longer overloaded')
  }
}
