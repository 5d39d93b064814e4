import type { Clock } from '../../time/clock.ts'

/** Nothing but failures for so long, and at least so many: the channel does not recover by itself. */
const FAILED_FOR_MS = 15_000
const MIN_FAILURES = 3
/** A channel that needs more resyncs than this within the window is of no use to anybody. */
const MAX_RESYNCS = 6
const RESYNC_WINDOW_MS = 60_000
/** A connection is given up for the sake of single channels at most this often. */
const RECONNECT_EVERY_MS = 300_000

interface Faults {
  failures: number
  firstFailureMonotonicMs: number
  /** Oldest first; at most `MAX_RESYNCS` + 1. */
  readonly resyncsMonotonicMs: number[]
}

/**
 * What went wrong with the channels of one connection lately. Outlives it: a channel whose every
 * snapshot is unreadable must not cost one connection after the other.
 */
export class ChannelFaults {
  readonly #clock: Clock
  readonly #faults = new Map<string, Faults>()
  #reconnectedMonotonicMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts an unreadable frame, or a snapshot that never came. True: it has failed for too long. */
  failed(channel: string): boolean {
    const faults = this.#of(channel)
    const nowMs = this.#clock.monotonicMs()
    if (faults.failures === 0) faults.firstFailureMonotonicMs = nowMs
    faults.failures += 1
    return (
      faults.failures >= MIN_FAILURES && nowMs - faults.firstFailureMonotonicMs >= FAILED_FOR_MS
    )
  }

  /** A valid frame came. */
  passed(channel: string): void {
    if (this.#faults.size === 0) return
    const faults = this.#faults.get(channel)
    if (faults === undefined) return
    faults.failures = 0
    if (this.#recent(faults).length === 0) this.#faults.delete(channel)
  }

  /** Counts a resync. True: there were too many. */
  resynced(channel: string): boolean {
    const faults = this.#of(channel)
    const recent = this.#recent(faults)
    recent.push(this.#clock.monotonicMs())
    return recent.length > MAX_RESYNCS
  }

  /** Whether the channel was resynced within the last minute. */
  isRepeated(channel: string): boolean {
    const faults = this.#faults.get(channel)
    return faults !== undefined && this.#recent(faults).length > 1
  }

  /** Whether the connection may be given up for the sake of a channel now; then counts as done. */
  mayReconnect(): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#reconnectedMonotonicMs < RECONNECT_EVERY_MS) return false
    this.#reconnectedMonotonicMs = nowMs
    return true
  }

  forget(channel: string): void {
    this.#faults.delete(channel)
  }

  #recent({ resyncsMonotonicMs }: Faults): number[] {
    const sinceMs = this.#clock.monotonicMs() - RESYNC_WINDOW_MS
    while ((resyncsMonotonicMs[0] ?? sinceMs + 1) <= sinceMs) resyncsMonotonicMs.shift()
    return resyncsMonotonicMs
  }

  #of(channel: string): Faults {
    let faults = this.#faults.get(channel)
    if (faults === undefined) {
      faults = { failures: 0, firstFailureMonotonicMs: 0, resyncsMonotonicMs: [] }
      this.#faults.set(channel, faults)
    }
    return faults
  }
}
