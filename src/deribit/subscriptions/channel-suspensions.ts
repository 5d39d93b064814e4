import type { SuspendedChannel, SuspensionReason } from '../../model/feed.ts'
import type { Clock } from '../../time/clock.ts'
import { exponentialDelayMs } from '../../time/pacing.ts'

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

interface Delays {
  readonly baseMs: number
  readonly capMs: number
}

const SHORT: Delays = { baseMs: 10_000, capMs: 300_000 }
/** Delays for reasons whose retry is expensive: a refused call, or a reconnect of all books. */
const LONG: Delays = { baseMs: 10_000, capMs: 1_800_000 }
const DELAYS: Readonly<Record<SuspensionReason, Delays>> = {
  unreadable: SHORT,
  no_snapshot: SHORT,
  gaps: SHORT,
  oversize: LONG,
  refused: LONG,
}
/** A channel without suspension for this long starts again with the shortest delay. */
const FORGET_AFTER_MS = 600_000
/** Channels per check that are retried in separate calls. */
const MAX_ALONE = 4

interface Suspension {
  readonly reason: SuspensionReason
  readonly detail: string
  /** Must be retried in a separate call, because it made a call with others fail. */
  readonly isAlone: boolean
  readonly sinceMs: number
  readonly retryMonotonicMs: number
}

interface ChannelRecord {
  /** Consecutive suspensions. */
  count: number
  /** null while the channel is requested. */
  suspension: Suspension | null
  resumedMonotonicMs: number
  /** Resumed, without a valid frame yet. */
  isOnTrial: boolean
}

export interface Resumed {
  readonly channel: string
  readonly reason: SuspensionReason
  readonly isAlone: boolean
}

/**
 * Suspended channels, each with its own reason and backoff: half of the delay is jitter, the maximum doubles with
 * each consecutive suspension. Outlives the connections, so that a reconnect does not retry failed channels.
 * Bounded by the number of wanted channels.
 */
export class ChannelSuspensions {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #records = new Map<string, ChannelRecord>()

  /** @param random random numbers in [0, 1) */
  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock
    this.#random = random
  }

  suspend(
    channel: string,
    reason: SuspensionReason,
    { detail, isAlone = false }: { detail: string; isAlone?: boolean },
  ): void {
    const nowMs = this.#clock.monotonicMs()
    const before = this.#records.get(channel)
    const isFresh = before === undefined || nowMs - before.resumedMonotonicMs > FORGET_AFTER_MS
    const count = isFresh ? 1 : before.count + 1
    const { baseMs, capMs } = DELAYS[reason]
    const edgeMs = exponentialDelayMs(baseMs, capMs, count - 1)
    const waitMs = (edgeMs / 2) * (1 + this.#random())
    this.#records.set(channel, {
      count,
      suspension: {
        reason,
        detail,
        isAlone,
        sinceMs: this.#clock.nowMs(),
        retryMonotonicMs: nowMs + waitMs,
      },
      resumedMonotonicMs: nowMs,
      isOnTrial: false,
    })
  }

  has(channel: string): boolean {
    return this.#suspensionOf(channel) !== null
  }

  /** Whether a channel was resumed without a valid frame yet: one failure suspends it again. */
  isOnTrial(channel: string): boolean {
    return this.#records.get(channel)?.isOnTrial ?? false
  }

  /** Returns channels that were resumed at least this long ago without a valid frame. */
  onTrialSince(durationMs: number): string[] {
    const latestMs = this.#clock.monotonicMs() - durationMs
    const channels: string[] = []
    for (const [channel, { isOnTrial, resumedMonotonicMs }] of this.#records) {
      if (isOnTrial && resumedMonotonicMs <= latestMs) channels.push(channel)
    }
    return channels
  }

  /** Records a valid frame of a channel. */
  passed(channel: string): void {
    const record = this.#records.get(channel)
    if (record !== undefined) record.isOnTrial = false
  }

  /** Ends the suspensions that are due, oldest first. */
  resumeDue(): Resumed[] {
    const nowMs = this.#clock.monotonicMs()
    const due: { channel: string; retryMonotonicMs: number }[] = []
    for (const [channel, { suspension, resumedMonotonicMs }] of this.#records) {
      if (suspension === null) {
        if (nowMs - resumedMonotonicMs > FORGET_AFTER_MS) this.#records.delete(channel)
      } else if (suspension.retryMonotonicMs <= nowMs) {
        due.push({ channel, retryMonotonicMs: suspension.retryMonotonicMs })
      }
    }
    due.sort((a, b) => a.retryMonotonicMs - b.retryMonotonicMs)
    let alone = 0
    return due.flatMap(({ channel }) => {
      if (this.#suspensionOf(channel)?.isAlone === true && ++alone > MAX_ALONE) return []
      return this.#resume(channel) ?? []
    })
  }

  /** Ends the suspension of a refused channel, which the exchange may accept now. */
  resumeRefused(channel: string): Resumed | null {
    return this.#suspensionOf(channel)?.reason === 'refused' ? this.#resume(channel) : null
  }

  forget(channel: string): void {
    this.#records.delete(channel)
  }

  /** Returns the suspended channels, sorted by name. */
  list(): SuspendedChannel[] {
    const offsetMs = this.#clock.nowMs() - this.#clock.monotonicMs()
    const suspended: SuspendedChannel[] = []
    for (const [channel, { suspension, count }] of this.#records) {
      if (suspension === null) continue
      const { reason, detail, sinceMs, retryMonotonicMs } = suspension
      const retryTimeMs = Math.round(retryMonotonicMs + offsetMs)
      suspended.push({ channel, reason, detail, count, sinceMs, retryTimeMs })
    }
    return suspended.sort((a, b) => (a.channel < b.channel ? -1 : 1))
  }

  /** Whether no channel was suspended recently. */
  get isEmpty(): boolean {
    return this.#records.size === 0
  }

  /** Number of suspended channels. */
  get size(): number {
    let size = 0
    for (const { suspension } of this.#records.values()) if (suspension !== null) size += 1
    return size
  }

  #suspensionOf(channel: string): Suspension | null {
    return this.#records.get(channel)?.suspension ?? null
  }

  #resume(channel: string): Resumed | null {
    const record = this.#records.get(channel)
    const suspension = record?.suspension ?? null
    if (record === undefined || suspension === null) return null
    const { reason, isAlone } = suspension
    record.suspension = null
    record.resumedMonotonicMs = this.#clock.monotonicMs()
    record.isOnTrial = true
    return { channel, reason, isAlone }
  }
}
