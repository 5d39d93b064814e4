import type { Logger } from '../../model/telemetry.ts'
import { type Clock, type Timer, TimerGroup } from '../../time/clock.ts'
import type { TokenBucket } from '../../time/pacing.ts'
import type { ConnectionChannels } from '../connection/connection-channels.ts'
import { chunkChannels } from '../protocol/channels.ts'
import type { RpcSocket } from '../socket/rpc-socket.ts'
import { callSubscribe, type SubscribeOutcome, SubscribeSplit } from './subscribe-call.ts'

/** Delay of the first retry for unacknowledged channels; later ones follow every `RETRY_MS`. */
const FIRST_RETRY_MS = 1000
const RETRY_MS = 60_000
/** Interval between rounds while failed calls are split; leaves capacity for other calls. */
const SPLIT_RETRY_MS = 10_000
/** A channel missing from this many responses counts as refused. */
const MAX_OMISSIONS = 2
/** Time limit for the snapshots of a group of suspects. */
const SNAPSHOT_TIMEOUT_MS = 5000
const SNAPSHOT_POLL_MS = 50
/** Maximum number of names in one log line. */
const MAX_LOGGED_CHANNELS = 20

export interface SubscriberDeps {
  rpcSocket: RpcSocket
  channels: ConnectionChannels
  limiter: TokenBucket
  clock: Clock
  logger: Logger
  /** Called when the exchange refuses a channel. */
  onRefused: (channel: string, options: { detail: string; isAlone: boolean }) => void
}

/** Subscribes the wanted channels on one connection and detects refused ones. */
export class Subscriber {
  readonly #deps: SubscriberDeps
  readonly #timers: TimerGroup
  readonly #split: SubscribeSplit
  readonly #omissions = new Map<string, number>()
  #timer: Timer | null = null
  #isStopped = false
  #isBusy = false
  /** Whether more channels were requested during the current round. */
  #isBehind = false
  #rounds = 0

  constructor(deps: SubscriberDeps) {
    this.#deps = deps
    this.#timers = new TimerGroup(deps.clock)
    this.#split = new SubscribeSplit({
      call: (channels) => this.#call(channels),
      isMissing: (channel) => this.#isMissing(channel),
      onRefused: (channel, detail) => deps.onRefused(channel, { detail, isAlone: true }),
    })
  }

  start(): void {
    void this.#round()
  }

  /** Requests all channels that are not acknowledged. */
  refresh(): void {
    this.#rounds = 0
    if (this.#isBusy) {
      this.#isBehind = true
      return
    }
    this.#timer?.cancel()
    void this.#round()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timers.cancel()
  }

  async #round(): Promise<void> {
    this.#isBusy = true
    let isSplitting = false
    this.#split.beginRound()
    do {
      this.#isBehind = false
      await this.#subscribeAll()
      isSplitting = await this.#split.run()
      await this.#subscribeSuspects()
      if (this.#isStopped) return
    } while (this.#isBehind)
    this.#isBusy = false
    const missing = this.#deps.channels.subscriptions.missing(MAX_LOGGED_CHANNELS)
    if (missing.length > 0) {
      this.#deps.logger.warn({ missing }, 'the exchange did not acknowledge all channels')
    }
    const delayMs = isSplitting ? SPLIT_RETRY_MS : missing.length > 0 ? this.#retryMs() : RETRY_MS
    this.#rounds += 1
    this.#timer = this.#deps.clock.setTimer(() => void this.#round(), delayMs)
  }

  #retryMs(): number {
    return this.#rounds === 0 ? FIRST_RETRY_MS : RETRY_MS
  }

  /** Requests all channels in as few calls as possible, without waiting for responses in between. */
  async #subscribeAll(): Promise<void> {
    const { channels } = this.#deps
    const calls: Promise<void>[] = []
    const together: string[] = []
    for (const channel of channels.subscriptions.missing()) {
      if (channels.oversize.isSuspect(channel) || this.#split.has(channel)) continue
      if (channels.isAlone(channel)) this.#split.add([channel])
      else together.push(channel)
    }
    for (const chunk of chunkChannels(together)) {
      const isRunning = await this.#acquire()
      if (!isRunning) return
      calls.push(
        this.#subscribe(chunk).then((outcome) => {
          this.#split.failed(chunk, outcome)
        }),
      )
    }
    await Promise.all(calls)
  }

  /** Requests each group of suspects while nothing else is outstanding, so that a close identifies it. */
  async #subscribeSuspects(): Promise<void> {
    const { oversize } = this.#deps.channels
    for (let group = oversize.next(); group !== null; group = oversize.next()) {
      const outcome = await this.#call(group)
      if (outcome === null) return
      this.#split.failed(group, outcome)
      await this.#waitForSnapshots(group)
      if (this.#isStopped) return
    }
  }

  /** Waits for the snapshots of the channels, at most `ANSWER_TIMEOUT_MS`. */
  async #waitForSnapshots(channels: readonly string[]): Promise<void> {
    const { subscriptions } = this.#deps.channels
    const endMs = this.#deps.clock.monotonicMs() + SNAPSHOT_TIMEOUT_MS
    while (!this.#isStopped && this.#deps.clock.monotonicMs() < endMs) {
      if (subscriptions.unanswered(channels).length === 0) return
      await this.#timers.sleep(SNAPSHOT_POLL_MS)
    }
  }

  /** Makes one call when the limiter permits; null if the connection is lost. */
  async #call(channels: readonly string[]): Promise<SubscribeOutcome | null> {
    const isRunning = await this.#acquire()
    return isRunning ? this.#subscribe(channels) : null
  }

  async #acquire(): Promise<boolean> {
    await this.#deps.limiter.acquire(this.#timers.sleep)
    return !this.#isStopped
  }

  async #subscribe(requested: readonly string[]): Promise<SubscribeOutcome> {
    const { subscriptions } = this.#deps.channels
    // Excludes channels that were dropped while waiting.
    const wanted = requested.filter((channel) => subscriptions.isRequested(channel))
    if (wanted.length === 0) return { type: 'answered', missing: [] }
    const outcome = await callSubscribe(wanted, { ...this.#deps, subscriptions })
    if (this.#isStopped) return outcome
    const [only, ...others] = wanted
    if (outcome.type === 'unanswered' && only !== undefined && others.length === 0) {
      this.#omitted(only, 'the subscribe call is not answered')
    }
    if (outcome.type !== 'answered') return outcome
    const missing = new Set(outcome.missing)
    for (const channel of wanted) {
      if (missing.has(channel)) this.#omitted(channel, 'missing from the acknowledgement')
      else this.#accepted(channel)
    }
    return outcome
  }

  #accepted(channel: string): void {
    this.#deps.channels.accepted(channel)
    this.#omissions.delete(channel)
  }

  /** Handles a channel that was requested and not acknowledged. */
  #omitted(channel: string, detail: string): void {
    const { channels, clock, onRefused } = this.#deps
    const { subscriptions, suspensions } = channels
    if (!subscriptions.isRequested(channel)) return
    const omissions = (this.#omissions.get(channel) ?? 0) + 1
    this.#omissions.set(channel, omissions)
    if (omissions < MAX_OMISSIONS && !suspensions.isOnTrial(channel)) return
    this.#omissions.delete(channel)
    if (subscriptions.awaited(channel) === null) {
      // The exchange sends its data nevertheless.
      subscriptions.acknowledge([channel], clock.monotonicMs())
    } else {
      onRefused(channel, { detail, isAlone: false })
    }
  }

  #isMissing(channel: string): boolean {
    const { subscriptions } = this.#deps.channels
    return subscriptions.isRequested(channel) && !subscriptions.isAcknowledged(channel)
  }
}
