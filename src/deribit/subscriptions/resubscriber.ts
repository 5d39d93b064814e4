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

/** Pairs of calls that may go out within `WINDOW_MS` before the next ones are batched. */
const BURST = 3
const WINDOW_MS = 10_000
const MAX_CHANNELS_PER_PAIR = 250
/** More sequences than this are broken: the connection itself is not to be trusted. */
const MAX_PENDING = 50
/** A fresh subscription answers with a snapshot within this, or something is wrong. */
const ANSWER_TIMEOUT_MS = 5000
export const NO_SNAPSHOT = 'no snapshot follows the acknowledgement'

export interface ResubscriberOptions {
  /** A quiet channel is requested again after this. */
  silenceMs: number
}

export interface ResubscriberDeps {
  rpcSocket: RpcSocket
  /** Of subscribe calls, which all connections share. */
  limiter: TokenBucket
  channels: ConnectionChannels
  clock: Clock
  logger: Logger
  metrics: FeedMetrics
  onProbeFailed(channel: string): void
  /** A channel that no resync helps is not to be asked for any more. */
  onSuspend: (channel: string, reason: SuspensionReason, options: { detail: string }) => void
  /** The exchange did not acknowledge all of what was asked for again. */
  onMissing: () => void
  /** Asking again does not help, or there is too much to ask for. */
  onHopeless: () => void
}

type Cause = 'resync' | 'probe'

interface Asked {
  readonly reason: ResyncReason
  /** A frame came that could not be read: the exchange did answer. */
  hasUnreadable: boolean
}

/**
 * Fresh snapshots on a living connection: unsubscribe, wait for the acknowledgement, subscribe, wait
 * for the snapshot. A second subscribe alone gives nothing. For gaps at once, and as a probe for
 * channels that fell silent; both within one limit of calls.
 */
export class Resubscriber {
  readonly #options: ResubscriberOptions
  readonly #deps: ResubscriberDeps
  readonly #pending = new Map<string, ResyncReason>()
  /** Resyncs that went out, the newest for each channel, until its time is up. */
  readonly #asked = new Map<string, Asked>()
  /** Channels whose unsubscribe is under way. */
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
    this.#asked.clear()
  }

  request(channel: string, reason: ResyncReason): void {
    const isUnderWay = this.#pending.has(channel) || this.#releasing.has(channel)
    if (this.#isStopped || isUnderWay || !this.#isAnswered(channel, reason)) return
    this.#add(channel, reason)
  }

  /** A frame of the channel could not be read. */
  unreadable(channel: string): void {
    const asked = this.#asked.get(channel)
    if (asked !== undefined) asked.hasUnreadable = true
  }

  #add(channel: string, reason: ResyncReason): void {
    const { channels, metrics, onSuspend } = this.#deps
    if (channels.faults.resynced(channel)) {
      const why = reason === 'invalid_frame' ? 'unreadable' : 'gaps'
      onSuspend(channel, why, { detail: `more resyncs than may be within a minute: ${reason}` })
      return
    }
    this.#pending.set(channel, reason)
    metrics.resyncs.series({ reason }).add()
    // Frames that cannot be read do come: another connection would carry the same.
    const isOverflow = reason !== 'invalid_frame' && this.#broken() > MAX_PENDING
    if (isOverflow && channels.faults.mayReconnect()) {
      metrics.resyncs.series({ reason: 'overflow' }).add()
      this.#giveUp('overflow')
    } else if (this.#recentPairs() < (channels.faults.isRepeated(channel) ? BURST - 1 : BURST)) {
      // The last pair is kept for those that had none lately.
      this.#sendPending()
    }
  }

  /** Channels that wait and whose sequence broke. */
  #broken(): number {
    if (this.#pending.size <= MAX_PENDING) return 0
    let broken = 0
    for (const reason of this.#pending.values()) if (reason !== 'invalid_frame') broken += 1
    return broken
  }

  /**
   * An answer that could not be read is none, and no other one will come by itself. Where it came
   * before the acknowledgement, the exchange has subscribed the channel all the same.
   */
  #isAnswered(channel: string, reason: ResyncReason): boolean {
    const { subscriptions } = this.#deps.channels
    if (!subscriptions.isRequested(channel)) return false
    const awaited = subscriptions.awaited(channel)
    if (awaited === null) return true
    if (reason !== 'invalid_frame') return false
    return awaited === 'subscribe' || (this.#asked.get(channel)?.hasUnreadable ?? true)
  }

  /** How long the longest due probe has waited, ms; 0 when none is due. */
  oldestProbeAgeMs(): number {
    const oldest = this.#silent()[0]
    if (oldest === undefined) return 0
    return this.#deps.clock.monotonicMs() - oldest.heardMonotonicMs - this.#options.silenceMs
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
      this.#asked.set(channel, { reason, hasUnreadable: false })
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

  #silent(): { channel: string; heardMonotonicMs: number }[] {
    const { channels, clock } = this.#deps
    const sinceMs = clock.monotonicMs() - this.#options.silenceMs
    // A quiet trades channel is an ordinary one.
    return channels.subscriptions.silentSince(sinceMs, isBookChannel)
  }

  /**
   * Whatever goes wrong on the way is a failure: an unsubscribe that was not answered may have been
   * heard or not, and nothing that comes then proves anything.
   */
  async #resubscribe(channels: readonly string[], cause: Cause): Promise<void> {
    const { clock, limiter } = this.#deps
    const { subscriptions } = this.#deps.channels
    const asked = new Map(channels.map((channel) => [channel, this.#asked.get(channel)]))
    this.#sentMonotonicMs.push(clock.monotonicMs())
    for (const channel of channels) this.#releasing.add(channel)
    if (cause === 'probe') subscriptions.touched(channels, clock.monotonicMs())
    await limiter.acquire(this.#timers.sleep)
    const isReleased = await this.#unsubscribe(channels)
    for (const channel of channels) this.#releasing.delete(channel)
    if (this.#isStopped) return
    if (!isReleased) {
      this.#onFailed(channels, cause, 'the unsubscribe call is not answered')
      return
    }
    // One that was given up in between stays given up.
    const wanted = channels.filter((channel) => subscriptions.isRequested(channel))
    subscriptions.released(wanted, cause)
    if (wanted.length === 0) return
    // What came before was of the subscription before.
    for (const one of asked.values()) if (one !== undefined) one.hasUnreadable = false
    this.#timers.after(ANSWER_TIMEOUT_MS, () => {
      // Those that were asked for again since have a time of their own.
      this.#onTimeUp(
        wanted.filter((channel) => this.#asked.get(channel) === asked.get(channel)),
        cause,
      )
    })
    const outcome = await callSubscribe(wanted, { ...this.#deps, subscriptions })
    const isWhole = outcome.type === 'answered' && outcome.missing.length === 0
    if (!isWhole && !this.#isStopped) this.#deps.onMissing()
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

  /** What was not acknowledged either is the subscriber's to ask for, or to give up. */
  #onTimeUp(channels: readonly string[], cause: Cause): void {
    const { subscriptions } = this.#deps.channels
    const unanswered = subscriptions
      .unanswered(channels)
      .filter((channel) => subscriptions.isAcknowledged(channel))
    const unreadable = unanswered.filter(
      (channel) => this.#asked.get(channel)?.hasUnreadable ?? false,
    )
    const silent = unanswered.filter((channel) => !unreadable.includes(channel))
    if (silent.length > 0) {
      this.#deps.logger.warn({ channels: silent.slice(0, 20), cause }, 'no snapshot after a resync')
      this.#onFailed(silent, cause, NO_SNAPSHOT)
    }
    for (const channel of channels) if (!silent.includes(channel)) this.#asked.delete(channel)
    for (const channel of unreadable) this.request(channel, 'invalid_frame')
  }

  /** Another connection may help once; a channel that it does not help is not worth a second one. */
  #onFailed(failed: readonly string[], cause: Cause, detail: string): void {
    const { channels, onSuspend } = this.#deps
    if (cause === 'probe') {
      for (const channel of failed) this.#deps.onProbeFailed(channel)
      return
    }
    const hopeless = failed.filter((channel) => channels.failed(channel))
    for (const channel of hopeless) onSuspend(channel, 'no_snapshot', { detail })
    const others = failed.filter((channel) => !hopeless.includes(channel))
    if (others.length === 0) return
    if (channels.faults.mayReconnect()) this.#giveUp('no_snapshot')
    else for (const channel of others) this.#retry(channel)
  }

  #retry(channel: string): void {
    const reason = this.#asked.get(channel)?.reason ?? 'gap'
    this.#asked.delete(channel)
    const isUnderWay = this.#pending.has(channel) || this.#releasing.has(channel)
    if (!isUnderWay) this.#add(channel, reason)
  }

  #giveUp(why: 'no_snapshot' | 'overflow'): void {
    this.#deps.logger.warn({ why }, 'giving up on the connection to the exchange')
    this.#deps.onHopeless()
  }
}
