import type { Logger } from '../../model/telemetry.ts'
import { type Clock, type Timer, TimerGroup } from '../../time/clock.ts'
import type { TokenBucket } from '../../time/pacing.ts'
import type { ConnectionChannels } from '../connection/connection-channels.ts'
import { chunkChannels } from '../protocol/channels.ts'
import type { RpcSocket } from '../socket/rpc-socket.ts'
import { callSubscribe, type SubscribeOutcome } from './subscribe-call.ts'
import { SubscribeSplit } from './subscribe-split.ts'

/** What was not acknowledged is asked for once more after this, then each `RETRY_MS`. */
const FIRST_RETRY_MS = 1000
const RETRY_MS = 60_000
/** Calls that failed are still being split: sooner, but with room for others between the rounds. */
const SPLIT_RETRY_MS = 10_000
/** A channel that was missing from so many answers is refused. */
const MAX_OMISSIONS = 2
/** A group of suspects answers within this, or closes the socket. */
const ANSWER_TIMEOUT_MS = 5000
const ANSWER_LOOK_MS = 50
/** Names in one log line. */
const MAX_LOGGED_CHANNELS = 20

export interface SubscriberDeps {
  rpcSocket: RpcSocket
  channels: ConnectionChannels
  limiter: TokenBucket
  clock: Clock
  logger: Logger
  /** The exchange does not take this channel; it is not to be asked for. */
  onRefused: (channel: string, options: { detail: string; isAlone: boolean }) => void
}

/** Gets the wanted channels acknowledged on one connection, or finds out which are refused. */
export class Subscriber {
  readonly #deps: SubscriberDeps
  readonly #timers: TimerGroup
  readonly #split: SubscribeSplit
  readonly #omissions = new Map<string, number>()
  #timer: Timer | null = null
  #isStopped = false
  #isBusy = false
  /** More became wanted while a round was under way. */
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

  /** Asks at once for what is not acknowledged. */
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
      await this.#askAll()
      isSplitting = await this.#split.run()
      await this.#askSuspects()
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

  /** In as few calls as can be, and without waiting for an answer before the next one. */
  async #askAll(): Promise<void> {
    const { channels } = this.#deps
    const calls: Promise<void>[] = []
    const together: string[] = []
    for (const channel of channels.subscriptions.missing()) {
      if (channels.oversize.isSuspect(channel) || this.#split.has(channel)) continue
      if (channels.isAlone(channel)) this.#split.add([channel])
      else together.push(channel)
    }
    for (const chunk of chunkChannels(together)) {
      const isGoingOn = await this.#acquire()
      if (!isGoingOn) return
      calls.push(
        this.#ask(chunk).then((outcome) => {
          this.#split.failed(chunk, outcome)
        }),
      )
    }
    await Promise.all(calls)
  }

  /** Each group of suspects when nothing else is outstanding, so that it is the one that is found. */
  async #askSuspects(): Promise<void> {
    const { oversize } = this.#deps.channels
    for (let group = oversize.next(); group !== null; group = oversize.next()) {
      const outcome = await this.#call(group)
      if (outcome === null) return
      this.#split.failed(group, outcome)
      await this.#answered(group)
      if (this.#isStopped) return
    }
  }

  /** Waits until each of the channels has sent its snapshot, or it is too late for that. */
  async #answered(channels: readonly string[]): Promise<void> {
    const { subscriptions } = this.#deps.channels
    const endMs = this.#deps.clock.monotonicMs() + ANSWER_TIMEOUT_MS
    while (!this.#isStopped && this.#deps.clock.monotonicMs() < endMs) {
      if (subscriptions.unanswered(channels).length === 0) return
      await this.#timers.sleep(ANSWER_LOOK_MS)
    }
  }

  /** One call as soon as one may go out; null where there is no more connection. */
  async #call(channels: readonly string[]): Promise<SubscribeOutcome | null> {
    const isGoingOn = await this.#acquire()
    return isGoingOn ? this.#ask(channels) : null
  }

  async #acquire(): Promise<boolean> {
    await this.#deps.limiter.acquire(this.#timers.sleep)
    return !this.#isStopped
  }

  async #ask(asked: readonly string[]): Promise<SubscribeOutcome> {
    const { subscriptions } = this.#deps.channels
    // What was given up while we waited is not asked for.
    const wanted = asked.filter((channel) => subscriptions.isRequested(channel))
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

  /** The exchange was asked for this channel and did not acknowledge it. */
  #omitted(channel: string, detail: string): void {
    const { channels, clock, onRefused } = this.#deps
    const { subscriptions, suspensions } = channels
    if (!subscriptions.isRequested(channel)) return
    const omissions = (this.#omissions.get(channel) ?? 0) + 1
    this.#omissions.set(channel, omissions)
    if (omissions < MAX_OMISSIONS && !suspensions.isOnTrial(channel)) return
    this.#omissions.delete(channel)
    if (subscriptions.awaited(channel) === null) {
      // Its data comes all the same.
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
