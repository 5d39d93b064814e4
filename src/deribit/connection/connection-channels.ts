import type { SuspensionReason } from '../../model/feed.ts'
import type { Clock } from '../../time/clock.ts'
import { isBookChannel } from '../protocol/channels.ts'
import { ChannelFaults } from '../subscriptions/channel-faults.ts'
import { ChannelSuspensions } from '../subscriptions/channel-suspensions.ts'
import { SubscriptionSet } from '../subscriptions/subscriptions.ts'
import { OversizeSearch } from './oversize-search.ts'

/** A resumed book that is sound sends its snapshot within this. */
const TRIAL_MS = 5000

/**
 * The channels that one connection is to carry: those that are asked for, those that are suspended,
 * and what went wrong with either. Outlives the connection, as its successor takes over all of it.
 */
export class ConnectionChannels {
  readonly subscriptions = new SubscriptionSet()
  readonly suspensions: ChannelSuspensions
  readonly faults: ChannelFaults
  readonly oversize = new OversizeSearch()
  /** Resumed channels that are asked for in a call of their own, as they made another one fail. */
  readonly #alone = new Set<string>()

  constructor(clock: Clock, random?: () => number) {
    this.suspensions = new ChannelSuspensions(clock, random)
    this.faults = new ChannelFaults(clock)
  }

  /** Channels that are wanted, suspended or not. */
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

  /** Asks again for what has waited long enough; false where that is nothing. */
  resumeDue(): boolean {
    const due = this.suspensions.resumeDue()
    for (const { channel, reason, isAlone } of due) {
      if (reason === 'oversize') this.oversize.add(channel)
      if (isAlone) this.#alone.add(channel)
      this.subscriptions.request([channel])
    }
    return due.length > 0
  }

  /** The exchange may take these now; false where none was refused. */
  resumeRefused(channels: readonly string[]): boolean {
    const refused = channels.filter((channel) => this.suspensions.resumeRefused(channel) !== null)
    for (const channel of refused) this.#alone.add(channel)
    this.subscriptions.request(refused)
    return refused.length > 0
  }

  /** Books that were asked for again and acknowledged, and sent no snapshot in time. */
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

  /** A valid frame of a channel came, or its acknowledgement where no frame need follow. */
  passed(channel: string): void {
    this.faults.passed(channel)
    this.suspensions.passed(channel)
  }

  /** Counts a failure of a channel. True: it is not to be asked for any more. */
  failed(channel: string): boolean {
    return this.faults.failed(channel) || this.suspensions.isOnTrial(channel)
  }

  /** The exchange takes the channel. */
  accepted(channel: string): void {
    this.#alone.delete(channel)
  }

  /**
   * The socket closed because of a frame that is too large.
   * @returns whether the search for its channel came nearer, so that the next connection may come soon
   */
  closedByOversize(): { found: string } | 'narrowed' | 'unknown' {
    const result = this.oversize.closed(this.subscriptions.outstanding(isBookChannel))
    if (typeof result !== 'string') {
      const detail = 'a frame of it is larger than the socket takes'
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
