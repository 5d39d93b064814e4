import { messageOf } from '../../errors.ts'
import type { ResyncReason, SuspensionReason } from '../../model/feed.ts'
import type { Logger } from '../../model/telemetry.ts'
import { type Clock, TimerGroup } from '../../time/clock.ts'
import type { TokenBucket } from '../../time/pacing.ts'
import type { ConnectionChannels } from '../connection/connection-channels.ts'
import type { FeedMetrics } from '../metrics.ts'
import { chunkChannels, isBookChannel } from '../protocol/channels.ts'
import type { RpcSocket } from '../socket/rpc-socket.ts'
import { callSubscribe } from './subscribe-call.ts'

/**
 * Pairs of calls that are sent at once within `WINDOW_MS`; further channels wait for the next
 * window.
 */
const BURST = 3
const WINDOW_MS = 10_000
const MAX_CHANNELS_PER_PAIR = 250
/**
 * With more pending channels with a broken sequence, the connection is replaced if that is allowed.
 */
const MAX_PENDING = 50
/** Time limit for the snapshot after a new subscription. */
const SNAPSHOT_TIMEOUT_MS = 5000
export const NO_SNAPSHOT = 'no snapshot follows the acknowledgement'

export interface ResubscriberOptions {
  /** A channel without frames for this long is probed by a resync. */
  silenceMs: number
}

export interface ResubscriberDeps {
  rpcSocket: RpcSocket
  /** Limiter of subscribe calls, shared by all connections. */
  limiter: TokenBucket
  channels: ConnectionChannels
  clock: Clock
  logger: Logger
  metrics: FeedMetrics
  onProbeFailed(channel: string): void
  /** Called to suspend a channel that resyncs do not fix. */
  onSuspend: (channel: string, reason: SuspensionReason, options: { detail: string }) => void
  /** Called when the exchange did not acknowledge all resynced channels. */
  onMissing: () => void
  /** Called when resyncs fail, or too many are pending: the connection must be replaced. */
  onUnrecoverable: () => void
}

type Cause = 'resync' | 'probe'

interface SentResync {
  readonly reason: ResyncReason
  /** Whether the exchange responded with an unreadable frame. */
  hasUnreadable: boolean
}

/**
 * Requests new snapshots on an open connection: unsubscribe, wait for the acknowledgement, subscribe, wait for the
 * snapshot. A second subscribe without unsubscribe has no effect. Used after gaps and as a probe of silent
 * channels, within one limit of calls.
 */
export class Resubscriber {
  readonly #options: ResubscriberOptions
  readonly #deps: ResubscriberDeps
  readonly #pending = new Map<string, ResyncReason>()
  /** Resync that was sent last for each channel, until its time limit. */
  readonly #sentResyncs = new Map<string, SentResync>()
  /** Channels with a pending unsubscribe call. */
  readonly #releasing = new Set<string>()
  readonly #sentMonotonicMs: number[] = []
  readonly #timers: TimerGroup
  #isStopped = false

  constructor(options: ResubscriberOptions, deps: ResubscriberDeps) {
    this.#options = options
    this.#deps = deps
    this.#timers = new TimerGroup(deps.clock)
  }

  start(): void {
    this.#schedule(WINDOW_MS)
  }

  stop(): void {
    this.#isStopped = true
    this.#timers.cancel()
    this.#pending.clear()
    this.#sentResyncs.clear()
  }

  request(channel: string, reason: ResyncReason): void {
    const isInProgress = this.#pending.has(channel) || this.#releasing.has(channel)
    if (this.#isStopped || isInProgress || !this.#needsResync(channel, reason)) return
    this.#add(channel, reason)
  }

  /** Records an unreadable frame. */
  unreadable(channel: string): void {
    const sent = this.#sentResyncs.get(channel)
    if (sent !== undefined) sent.hasUnreadable = true
  }

  #add(channel: string, reason: ResyncReason): void {
    const { channels, metrics, onSuspend } = this.#deps
    if (channels.faults.resynced(channel)) {
      const why = reason === 'invalid_frame' ? 'unreadable' : 'gaps'
      onSuspend(channel, why, { detail: `too many resyncs within a minute: ${reason}` })
      return
    }
    this.#pending.set(channel, reason)
    metrics.resyncs.series({ reason }).add()
    // Unreadable frames do not count: another connection would receive the same ones.
    const isOverflow = reason !== 'invalid_frame' && this.#broken() > MAX_PENDING
    if (isOverflow && channels.faults.mayReconnect()) {
      metrics.resyncs.series({ reason: 'overflow' }).add()
      this.#giveUp('overflow')
    } else if (this.#recentPairs() < (channels.faults.isRepeated(channel) ? BURST - 1 : BURST)) {
      // The last pair of calls is reserved for channels without a recent resync.
      this.#sendPending()
    }
  }

  /**
   * Number of pending channels with a broken sequence; 0 if no more than `MAX_PENDING` are pending.
   */
  #broken(): number {
    if (this.#pending.size <= MAX_PENDING) return 0
    let broken = 0
    for (const reason of this.#pending.values()) if (reason !== 'invalid_frame') broken += 1
    return broken
  }

  /**
   * Whether a channel needs another resync. An unreadable response counts as missing, and the exchange does not
   * repeat it. If it arrived before the acknowledgement, the exchange has still subscribed the channel.
   */
  #needsResync(channel: string, reason: ResyncReason): boolean {
    const { subscriptions } = this.#deps.channels
    if (!subscriptions.isRequested(channel)) return false
    const awaited = subscriptions.awaited(channel)
    if (awaited === null) return true
    if (reason !== 'invalid_frame') return false
    return awaited === 'subscribe' || (this.#sentResyncs.get(channel)?.hasUnreadable ?? true)
  }

  /** Age of the oldest due probe, ms; 0 if none is due. */
  oldestProbeAgeMs(): number {
    const oldest = this.#silent()[0]
    if (oldest === undefined) return 0
    return this.#deps.clock.monotonicMs() - oldest.activeMonotonicMs - this.#options.silenceMs
  }

  #schedule(delayMs: number): void {
    this.#timers.after(delayMs, () => {
      if (this.#pending.size > 0) this.#sendPending()
      else this.#sendProbes()
      this.#schedule(WINDOW_MS)
    })
  }

  #recentPairs(): number {
    const sinceMs = this.#deps.clock.monotonicMs() - WINDOW_MS
    while ((this.#sentMonotonicMs[0] ?? sinceMs + 1) <= sinceMs) this.#sentMonotonicMs.shift()
    return this.#sentMonotonicMs.length
  }

  #sendPending(): void {
    const batch = [...this.#pending].slice(0, MAX_CHANNELS_PER_PAIR)
    for (const [channel, reason] of batch) {
      this.#pending.delete(channel)
      this.#sentResyncs.set(channel, { reason, hasUnreadable: false })
    }
    void this.#resubscribe(
      batch.map(([channel]) => channel),
      'resync',
    )
  }

  #sendProbes(): void {
    const silent = this.#silent().map(({ channel }) => channel)
    const channels = chunkChannels(silent)[0]?.slice(0, MAX_CHANNELS_PER_PAIR) ?? []
    if (channels.length > 0) void this.#resubscribe(channels, 'probe')
  }

  #silent(): { channel: string; activeMonotonicMs: number }[] {
    const { channels, clock } = this.#deps
    const sinceMs = clock.monotonicMs() - this.#options.silenceMs
    // Only books: trades channels may be silent.
    return channels.subscriptions.silentSince(sinceMs, isBookChannel)
  }

  /**
   * Resyncs channels. Every error counts as a failure: without a response to the unsubscribe call it is unknown to
   * which subscription the following frames belong.
   */
  async #resubscribe(channels: readonly string[], cause: Cause): Promise<void> {
    const { clock, limiter } = this.#deps
    const { subscriptions } = this.#deps.channels
    const sent = new Map(channels.map((channel) => [channel, this.#sentResyncs.get(channel)]))
    this.#sentMonotonicMs.push(clock.monotonicMs())
    for (const channel of channels) this.#releasing.add(channel)
    if (cause === 'probe') subscriptions.markActive(channels, clock.monotonicMs())
    await limiter.acquire(this.#timers.sleep)
    const isReleased = await this.#unsubscribe(channels)
    for (const channel of channels) this.#releasing.delete(channel)
    if (this.#isStopped) return
    if (!isReleased) {
      this.#onFailed(channels, cause, 'the unsubscribe call is not answered')
      return
    }
    // Excludes channels that were dropped or suspended meanwhile.
    const wanted = channels.filter((channel) => subscriptions.isRequested(channel))
    subscriptions.released(wanted, cause)
    if (wanted.length === 0) return
    // Earlier frames belong to the previous subscription.
    for (const one of sent.values()) if (one !== undefined) one.hasUnreadable = false
    this.#timers.after(SNAPSHOT_TIMEOUT_MS, () => {
      // Channels that were requested again since have their own time limit.
      this.#onTimeout(
        wanted.filter((channel) => this.#sentResyncs.get(channel) === sent.get(channel)),
        cause,
      )
    })
    const outcome = await callSubscribe(wanted, { ...this.#deps, subscriptions })
    const isComplete = outcome.type === 'answered' && outcome.missing.length === 0
    if (!isComplete && !this.#isStopped) this.#deps.onMissing()
  }

  async #unsubscribe(channels: readonly string[]): Promise<boolean> {
    const { rpcSocket, logger } = this.#deps
    try {
      await rpcSocket.request('public/unsubscribe', { channels })
      return true
    } catch (error) {
      logger.warn({ channels: channels.length, err: messageOf(error) }, 'unsubscribe call failed')
      return false
    }
  }

  /** Handles missing snapshots. The subscriber handles channels that were not acknowledged. */
  #onTimeout(channels: readonly string[], cause: Cause): void {
    const { subscriptions } = this.#deps.channels
    const unanswered = subscriptions
      .unanswered(channels)
      .filter((channel) => subscriptions.isAcknowledged(channel))
    const unreadable = unanswered.filter(
      (channel) => this.#sentResyncs.get(channel)?.hasUnreadable ?? false,
    )
    const silent = unanswered.filter((channel) => !unreadable.includes(channel))
    if (silent.length > 0) {
      this.#deps.logger.warn({ channels: silent.slice(0, 20), cause }, 'no snapshot after a resync')
      this.#onFailed(silent, cause, NO_SNAPSHOT)
    }
    for (const channel of channels) if (!silent.includes(channel)) this.#sentResyncs.delete(channel)
    for (const channel of unreadable) this.request(channel, 'invalid_frame')
  }

  /**
   * Handles channels without a snapshot. A failed probe is reported. After a resync, channels that
   * failed too often are suspended; for the others the connection is replaced if that is allowed,
   * else they are retried.
   */
  #onFailed(failed: readonly string[], cause: Cause, detail: string): void {
    const { channels, onSuspend } = this.#deps
    if (cause === 'probe') {
      for (const channel of failed) this.#deps.onProbeFailed(channel)
      return
    }
    const suspended = failed.filter((channel) => channels.failed(channel))
    for (const channel of suspended) onSuspend(channel, 'no_snapshot', { detail })
    const others = failed.filter((channel) => !suspended.includes(channel))
    if (others.length === 0) return
    if (channels.faults.mayReconnect()) this.#giveUp('no_snapshot')
    else for (const channel of others) this.#retry(channel)
  }

  #retry(channel: string): void {
    const reason = this.#sentResyncs.get(channel)?.reason ?? 'gap'
    this.#sentResyncs.delete(channel)
    const isInProgress = this.#pending.has(channel) || this.#releasing.has(channel)
    if (!isInProgress) this.#add(channel, reason)
  }

  #giveUp(why: 'no_snapshot' | 'overflow'): void {
    this.#deps.logger.warn({ why }, 'resync failed, closing the connection')
    this.#deps.onUnrecoverable()
  }
}
