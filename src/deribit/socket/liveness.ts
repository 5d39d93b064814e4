import type { Clock, Timer } from '../../time/clock.ts'

/** A connection without a frame for this long is probed. */
const VERIFY_AFTER_MS = 1000
const INTERVAL_MS = 250
/** Least number of probes and of checks within `deadAfterMs`: even 1 s leaves time for a response. */
const ASKS_WITHIN_BOUND = 3
const CHECKS_WITHIN_BOUND = 12

export interface LivenessWatchOptions {
  /** A connection without any frame for this long is dead. */
  deadAfterMs: number
}

export interface LivenessWatchDeps {
  clock: Clock
  /** Returns the time of the newest frame, of this or an earlier connection; null before any. */
  lastFrameMonotonicMs: () => number | null
  requestVerification: () => void
  /** Called once, when no frame came for `deadAfterMs`; the watch has ended then. */
  onDead: () => void
}

/** Monitors one connection: probes a silent one every second and reports a dead one. */
export class LivenessWatch {
  readonly #options: LivenessWatchOptions
  readonly #deps: LivenessWatchDeps
  #timer: Timer | null = null
  readonly #verifyAfterMs: number
  readonly #intervalMs: number
  #startedMonotonicMs = 0
  #requestedMonotonicMs = 0

  constructor(options: LivenessWatchOptions, deps: LivenessWatchDeps) {
    this.#options = options
    this.#deps = deps
    this.#verifyAfterMs = Math.min(VERIFY_AFTER_MS, options.deadAfterMs / ASKS_WITHIN_BOUND)
    this.#intervalMs = Math.min(INTERVAL_MS, options.deadAfterMs / CHECKS_WITHIN_BOUND)
  }

  start(): void {
    this.#startedMonotonicMs = this.#deps.clock.monotonicMs()
    this.#requestedMonotonicMs = this.#startedMonotonicMs
    this.#schedule()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #schedule(): void {
    this.#timer = this.#deps.clock.setTimer(() => this.#check(), this.#intervalMs)
  }

  #check(): void {
    const { clock, lastFrameMonotonicMs, requestVerification, onDead } = this.#deps
    const nowMs = clock.monotonicMs()
    const lastMs = Math.max(this.#startedMonotonicMs, lastFrameMonotonicMs() ?? 0)
    if (nowMs - lastMs >= this.#options.deadAfterMs) {
      onDead()
      return
    }
    if (nowMs - Math.max(lastMs, this.#requestedMonotonicMs) >= this.#verifyAfterMs) {
      this.#requestedMonotonicMs = nowMs
      requestVerification()
    }
    this.#schedule()
  }
}
