import type { Clock, Timer } from '../../src/time/clock.ts'

interface PendingTimer {
  readonly dueMs: number
  readonly callback: () => void
}

/** Maximum of timers in one `advance`; more indicate an endless loop. */
const MAX_FIRED = 1_000_000

/** A clock that only a test advances. Timers fire in due order. */
export class FakeClock implements Clock {
  readonly #timers = new Set<PendingTimer>()
  #monotonicMs: number
  #wallMs: number

  constructor(options: { wallMs?: number; monotonicMs?: number } = {}) {
    this.#wallMs = options.wallMs ?? 1_790_000_000_000
    this.#monotonicMs = options.monotonicMs ?? 5000
  }

  /** Timers that were neither fired nor cancelled. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  nowMs(): number {
    return Math.floor(this.#wallMs)
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer = { dueMs: this.#monotonicMs + delayMs, callback }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  /** Advances both clocks; a timer set by a callback fires too if due. */
  advance(ms: number): void {
    const endMs = this.#monotonicMs + ms
    for (let fired = 0; ; fired++) {
      if (fired > MAX_FIRED) throw new Error('timers without end')
      const next = this.#nextDueBy(endMs)
      if (next === null) break
      this.#timers.delete(next)
      this.#moveTo(Math.max(next.dueMs, this.#monotonicMs))
      next.callback()
    }
    this.#moveTo(endMs)
  }

  /** Advances both clocks like a stopped process: no timer fires before the next `advance`. */
  stop(ms: number): void {
    this.#moveTo(this.#monotonicMs + ms)
  }

  /** Sets the wall clock, as a time service does; the monotonic one does not change. */
  stepWall(ms: number): void {
    this.#wallMs += ms
  }

  #nextDueBy(endMs: number): PendingTimer | null {
    let next: PendingTimer | null = null
    // Iterates in creation order, so that the first of equal timers fires first.
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === null || timer.dueMs < next.dueMs)) next = timer
    }
    return next
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs
    this.#monotonicMs = monotonicMs
  }
}
