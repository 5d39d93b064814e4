import { messageOf } from '../errors.ts'
import type { Clock } from '../model/clock.ts'
import type { ResyncReason } from '../model/feed.ts'
import type { Logger } from '../model/logger.ts'
import type { CallLimiter } from './call-limiter.ts'
import { chunkChannels } from './channels.ts'
import type { Connection } from './connection.ts'
import type { FeedMetrics } from './metrics.ts'
import type { SubscriptionSet } from './subscription-set.ts'
import { Waits } from './waits.ts'

/** Pairs of calls that may go out within `WINDOW_MS` before the next ones are batched. */
const BURST = 3
const WINDOW_MS = 10_000
const MAX_CHANNELS_PER_PAIR = 250
/** More channels than this to ask for anew: the connection itself is not to be trusted. */
const MAX_PENDING = 50
/** A fresh subscription answers with a picture within this, or something is wrong. */
const ANSWER_TIMEOUT_MS = 5000

export interface ResyncerOptions {
  /** A quiet channel is asked for anew after this. */
  silenceMs: number
}

export interface ResyncerDeps {
  connection: Connection
  /** Of subscribe calls, which all connections share. */
  limiter: CallLimiter
  subscriptions: SubscriptionSet
  clock: Clock
  logger: Logger
  metrics: FeedMetrics
  /** Only books are probed: a quiet trades channel is an ordinary one. */
  isBook: (channel: string) => boolean
  onProbeFailed(channel: string): void
  /** Asking for anew does not help, or there is too much to ask for. */
  onHopeless: () => void
}

/**
 * Fresh pictures on a living connection: unsubscribe, wait for the acknowledgement, subscribe, wait
 * for the picture. A second subscribe alone gives nothing. For gaps at once, and as a probe for
 * channels that fell silent; both within one limit of calls.
 */
export class Resyncer {
  readonly #options: ResyncerOptions
  readonly #deps: ResyncerDeps
  readonly #pending = new Map<string, ResyncReason>()
  /** Channels whose unsubscribe is under way. */
  readonly #releasing = new Set<string>()
  readonly #sentMonotonicMs: number[] = []
  readonly #waits: Waits
  #isStopped = false

  constructor(options: ResyncerOptions, deps: ResyncerDeps) {
    this.#options = options
    this.#deps = deps
    this.#waits = new Waits(deps.clock)
  }

  start(): void {
    this.#schedule(WINDOW_MS)
  }

  stop(): void {
    this.#isStopped = true
    this.#waits.cancel()
    this.#pending.clear()
  }

  request(channel: string, reason: ResyncReason): void {
    const isUnderWay = this.#pending.has(channel) || this.#releasing.has(channel)
    if (this.#isStopped || isUnderWay || !this.#isAnswered(channel, reason)) return
    this.#pending.set(channel, reason)
    this.#deps.metrics.resyncs.cell({ reason }).add()
    if (this.#pending.size > MAX_PENDING) {
      this.#deps.metrics.resyncs.cell({ reason: 'overflow' }).add()
      this.#giveUp('overflow')
    } else if (this.#recentPairs() < BURST) {
      this.#sendPending()
    }
  }

  /** An answer that could not be read is none, and no other one will come by itself. */
  #isAnswered(channel: string, reason: ResyncReason): boolean {
    const { subscriptions } = this.#deps
    if (subscriptions.unanswered([channel]).length === 0) return true
    return reason === 'invalid_frame' && subscriptions.isAcknowledged(channel)
  }

  /** How long the longest due probe has waited, ms; 0 when none is due. */
  oldestProbeAgeMs(): number {
    const oldest = this.#silent()[0]
    if (oldest === undefined) return 0
    return this.#deps.clock.monotonicMs() - oldest.heardMonotonicMs - this.#options.silenceMs
  }

  #schedule(delayMs: number): void {
    this.#waits.after(delayMs, () => {
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
    const channels = [...this.#pending.keys()].slice(0, MAX_CHANNELS_PER_PAIR)
    for (const channel of channels) this.#pending.delete(channel)
    void this.#askAnew(channels, 'resync')
  }

  #sendProbes(): void {
    const silent = this.#silent().map(({ channel }) => channel)
    const channels = chunkChannels(silent)[0]?.slice(0, MAX_CHANNELS_PER_PAIR) ?? []
    if (channels.length > 0) void this.#askAnew(channels, 'probe')
  }

  #silent(): { channel: string; heardMonotonicMs: number }[] {
    const { subscriptions, clock, isBook } = this.#deps
    return subscriptions.silentSince(clock.monotonicMs() - this.#options.silenceMs, isBook)
  }

  /**
   * Whatever goes wrong on the way is a failure: an unsubscribe that was not answered may have been
   * heard or not, and nothing that comes then proves anything.
   */
  async #askAnew(channels: readonly string[], cause: 'resync' | 'probe'): Promise<void> {
    const { connection, subscriptions, clock, limiter, logger } = this.#deps
    this.#sentMonotonicMs.push(clock.monotonicMs())
    for (const channel of channels) this.#releasing.add(channel)
    if (cause === 'probe') subscriptions.touched(channels, clock.monotonicMs())
    await limiter.turn(this.#waits.sleep)
    let wanted: string[] = []
    try {
      await connection.request('public/unsubscribe', { channels })
      // One that was given up in between stays given up.
      wanted = channels.filter((channel) => subscriptions.isRequested(channel))
      subscriptions.released(wanted, cause)
    } catch (error) {
      logger.warn({ channels: channels.length, err: messageOf(error) }, 'unsubscribe call failed')
      if (!this.#isStopped) this.#onFailed(channels, cause)
      return
    } finally {
      for (const channel of channels) this.#releasing.delete(channel)
    }
    if (this.#isStopped || wanted.length === 0) return
    this.#waits.after(ANSWER_TIMEOUT_MS, () => this.#onTimeUp(wanted, cause))
    try {
      const response = await connection.request('public/subscribe', { channels: wanted })
      if (response.error === null) {
        subscriptions.acknowledge(response.result, clock.monotonicMs())
      }
    } catch (error) {
      logger.warn({ channels: wanted.length, err: messageOf(error) }, 'resync call failed')
    }
  }

  #onTimeUp(channels: readonly string[], cause: 'resync' | 'probe'): void {
    const unanswered = this.#deps.subscriptions.unanswered(channels)
    if (unanswered.length === 0) return
    this.#deps.logger.warn({ channels: unanswered.slice(0, 20), cause }, 'no picture after resync')
    this.#onFailed(unanswered, cause)
  }

  #onFailed(channels: readonly string[], cause: 'resync' | 'probe'): void {
    if (cause === 'probe') for (const channel of channels) this.#deps.onProbeFailed(channel)
    else this.#giveUp('no_snapshot')
  }

  #giveUp(why: 'no_snapshot' | 'overflow'): void {
    this.#deps.logger.warn({ why }, 'giving up on the connection to the exchange')
    this.#deps.onHopeless()
  }
}
