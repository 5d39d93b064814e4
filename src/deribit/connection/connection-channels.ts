import type { SuspensionReason } from '../../model/feed.ts'
import type { Clock } from '../../time/clock.ts'
import { isBookChannel } from '../protocol/channels.ts'
import { ChannelFaults, ChannelSuspensions } from '../subscriptions/channel-suspensions.ts'
import { SubscriptionSet } from '../subscriptions/subscriptions.ts'

/** Time limit for the snapshot of a resumed book channel. */
const TRIAL_MS = 5000

/**
 * The channels of one connection: requested channels, suspended channels, and the faults of both.
 * Outlives the connection and passes to its successor.
 */
export class ConnectionChannels {
  readonly subscriptions = new SubscriptionSet()
  readonly suspensions: ChannelSuspensions
  readonly faults: ChannelFaults
  readonly oversize = new OversizeSearch()
  /** Resumed channels that need a separate subscribe call, because they made another call fail. */
  readonly #alone = new Set<string>()

  constructor(clock: Clock, random?: () => number) {
    this.suspensions = new ChannelSuspensions(clock, random)
    this.faults = new ChannelFaults(clock)
  }

  /** Number of wanted channels, including suspended ones. */
  get wantedCount(): number {
    return this.subscriptions.requestedCount + this.suspensions.size
  }

  request(channels: readonly string[]): void {
    this.subscriptions.request(channels.filter((channel) => !this.suspensions.has(channel)))
  }

  drop(channel: string): void {
    this.#remove(channel)
    this.suspensions.forget(channel)
  }

  suspend(
    channel: string,
    reason: SuspensionReason,
    options: { detail: string; isAlone?: boolean },
  ): void {
    this.#remove(channel)
    this.suspensions.suspend(channel, reason, options)
  }

  /** Requests the channels whose suspension is over; false if there are none. */
  resumeDue(): boolean {
    const due = this.suspensions.resumeDue()
    for (const { channel, reason, isAlone } of due) {
      if (reason === 'oversize') this.oversize.add(channel)
      if (isAlone) this.#alone.add(channel)
      this.subscriptions.request([channel])
    }
    return due.length > 0
  }

  /** Requests refused channels that the exchange may accept now; false if none was refused. */
  resumeRefused(channels: readonly string[]): boolean {
    const refused = channels.filter((channel) => this.suspensions.resumeRefused(channel) !== null)
    for (const channel of refused) this.#alone.add(channel)
    this.subscriptions.request(refused)
    return refused.length > 0
  }

  /** Returns resumed book channels that were acknowledged but sent no snapshot in time. */
  unansweredTrials(): string[] {
    return this.suspensions
      .onTrialSince(TRIAL_MS)
      .filter(
        (channel) =>
          isBookChannel(channel) &&
          this.subscriptions.isAcknowledged(channel) &&
          this.subscriptions.awaited(channel) !== null,
      )
  }

  isAlone(channel: string): boolean {
    return this.#alone.has(channel)
  }

  /** Records a valid frame, or the acknowledgement of a channel that need not send one. */
  passed(channel: string): void {
    this.faults.passed(channel)
    this.suspensions.passed(channel)
  }

  /** Counts a failure of a channel; true if the channel must be suspended. */
  failed(channel: string): boolean {
    return this.faults.failed(channel) || this.suspensions.isOnTrial(channel)
  }

  /** Records that the exchange accepted the channel. */
  accepted(channel: string): void {
    this.#alone.delete(channel)
  }

  /**
   * Handles a socket that closed because of an oversize frame.
   * @returns the channel it was; `narrowed` if fewer suspects remain; `unknown` if there were none
   */
  closedByOversize(): { found: string } | 'narrowed' | 'unknown' {
    const result = this.oversize.closed(this.subscriptions.outstanding(isBookChannel))
    if (typeof result !== 'string') {
      const detail = 'frame exceeds the size limit of the socket'
      this.suspend(result.found, 'oversize', { detail })
    }
    return result
  }

  disconnected(): void {
    this.oversize.disconnected()
    this.subscriptions.disconnected()
  }

  #remove(channel: string): void {
    this.subscriptions.drop(channel)
    this.faults.forget(channel)
    this.oversize.drop(channel)
    this.#alone.delete(channel)
  }
}

/** Parts into which a group of suspects is split. Eight need a third of the connections that two need. */
const PARTS = 8

/**
 * Finds the channel whose frame exceeds the size limit of the socket. The socket closes without naming the
 * channel, so all channels that waited for a snapshot are suspects. They are requested in small groups,
 * separately from all others, until a group of one closes the socket. Each such close reduces a group to an
 * eighth, which bounds the number of lost connections.
 */
export class OversizeSearch {
  #groups: (readonly string[])[] = []
  /** The group that is requested on the current connection. */
  #current: readonly string[] | null = null
  readonly #suspects = new Set<string>()

  isSuspect(channel: string): boolean {
    return this.#suspects.size > 0 && this.#suspects.has(channel)
  }

  /** Adds a channel that was found before; it is requested alone. */
  add(channel: string): void {
    if (this.#suspects.has(channel)) return
    this.#suspects.add(channel)
    this.#groups.push([channel])
  }

  /** Returns the next group to request; null if there is none. The previous group has passed. */
  next(): readonly string[] | null {
    for (const channel of this.#current ?? []) this.#suspects.delete(channel)
    this.#current = null
    for (let group = this.#groups.shift(); group !== undefined; group = this.#groups.shift()) {
      const left = group.filter((channel) => this.#suspects.has(channel))
      if (left.length === 0) continue
      this.#current = left
      return left
    }
    return null
  }

  /**
   * Handles a socket that closed because of an oversize frame. The requested group is suspected first, so that
   * a channel that never responds does not hide another one.
   * @param outstanding requested channels that waited for their snapshot
   * @returns the channel it was; `narrowed` if fewer suspects remain; `unknown` if none waited
   */
  closed(outstanding: readonly string[]): { found: string } | 'narrowed' | 'unknown' {
    const waiting = new Set(outstanding)
    const group = (this.#current ?? []).filter((channel) => waiting.has(channel))
    for (const channel of this.#current ?? []) this.#suspects.delete(channel)
    this.#current = null
    const suspects = group.length > 0 ? group : outstanding
    const [only, ...others] = suspects
    if (only === undefined) return 'unknown'
    for (const channel of suspects) this.#suspects.delete(channel)
    if (others.length === 0) return { found: only }
    const selected = new Set(suspects)
    this.#groups = this.#groups.map((known) => known.filter((channel) => !selected.has(channel)))
    for (const channel of suspects) this.#suspects.add(channel)
    this.#groups.unshift(...split(suspects))
    return 'narrowed'
  }

  /** Handles a connection that closed for another reason: the group is requested again. */
  disconnected(): void {
    if (this.#current !== null) this.#groups.unshift(this.#current)
    this.#current = null
  }

  drop(channel: string): void {
    this.#suspects.delete(channel)
  }
}

function split(channels: readonly string[]): string[][] {
  const size = Math.max(1, Math.ceil(channels.length / PARTS))
  const parts: string[][] = []
  for (let start = 0; start < channels.length; start += size) {
    parts.push(channels.slice(start, start + size))
  }
  return parts
}
