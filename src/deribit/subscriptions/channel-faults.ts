import type { Clock } from '../../time/clock.ts'

/** A channel with only failures for this long, and at least this many, does not recover by itself. */
const FAILED_FOR_MS = 15_000
const MIN_FAILURES = 3
/** Maximum number of resyncs within the window before a channel is suspended. */
const MAX_RESYNCS = 6
const RESYNC_WINDOW_MS = 60_000
/** Minimum interval between reconnects because of single channels. */
const RECONNECT_EVERY_MS = 300_000

interface Faults {
  failures: number
  firstFailureMonotonicMs: number
  /** Oldest first; at most `MAX_RESYNCS` + 1. */
  readonly resyncsMonotonicMs: number[]
}

/**
 * Recent faults of the channels of one connection. Outlives the connection, so that a channel with only unreadable
 * snapshots does not cause repeated reconnects.
 */
export class ChannelFaults {
  readonly #clock: Clock
  readonly #faults = new Map<string, Faults>()
  #reconnectedMonotonicMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts an unreadable frame or a missing snapshot; true if the channel has failed for too long. */
  failed(channel: string): boolean {
    const faults = this.#of(channel)
    const nowMs = this.#clock.monotonicMs()
    if (faults.failures === 0) faults.firstFailureMonotonicMs = nowMs
    faults.failures += 1
    return (
      faults.failures >= MIN_FAILURES && nowMs - faults.firstFailureMonotonicMs >= FAILED_FOR_MS
    )
  }

  /** Records a valid frame. */
  passed(channel: string): void {
    if (this.#faults.size === 0) return
    const faults = this.#faults.get(channel)
    if (faults === undefined) return
    faults.failures = 0
    if (this.#recent(faults).length === 0) this.#faults.delete(channel)
  }

  /** Counts a resync; true if there were too many. */
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

  /** Whether a reconnect because of a channel is allowed now; if so, counts it. */
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
