import { messageOf } from '../errors.ts'
import type { Clock, Timer } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import type { CallLimiter } from './call-limiter.ts'
import { chunkChannels } from './channels.ts'
import type { Connection } from './connection.ts'
import type { SubscriptionSet } from './subscription-set.ts'
import { Waits } from './waits.ts'

/**
 * What was not acknowledged is asked for once more after this, then each `RETRY_MS`, as long as the
 * connection lives: a renewed subscription may go unacknowledged too.
 */
const FIRST_RETRY_MS = 1000
const RETRY_MS = 60_000
/** Names in one log line. */
const MAX_LOGGED_CHANNELS = 20

export interface SubscriberDeps {
  connection: Connection
  limiter: CallLimiter
  clock: Clock
  logger: Logger
}

/** Gets the wanted channels acknowledged on one connection, as long as that connection lives. */
export class Subscriber {
  readonly #subscriptions: SubscriptionSet
  readonly #deps: SubscriberDeps
  readonly #waits: Waits
  #timer: Timer | null = null
  #isStopped = false
  #isBusy = false
  /** More became wanted while a round was under way. */
  #isBehind = false
  #rounds = 0

  constructor(subscriptions: SubscriptionSet, deps: SubscriberDeps) {
    this.#subscriptions = subscriptions
    this.#deps = deps
    this.#waits = new Waits(deps.clock)
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
    this.#waits.cancel()
  }

  async #round(): Promise<void> {
    this.#isBusy = true
    do {
      this.#isBehind = false
      const calls: Promise<void>[] = []
      for (const channels of chunkChannels(this.#subscriptions.missing())) {
        await this.#deps.limiter.turn(this.#waits.sleep)
        if (this.#isStopped) return
        // What was given up while we waited is not asked for.
        const wanted = channels.filter((channel) => this.#subscriptions.isRequested(channel))
        if (wanted.length > 0) calls.push(this.#subscribe(wanted))
      }
      await Promise.all(calls)
      if (this.#isStopped) return
    } while (this.#isBehind)
    this.#isBusy = false
    const missing = this.#subscriptions.missing(MAX_LOGGED_CHANNELS)
    if (missing.length > 0) {
      this.#deps.logger.warn({ missing }, 'the exchange did not acknowledge all channels')
    }
    const delayMs = missing.length > 0 && this.#rounds === 0 ? FIRST_RETRY_MS : RETRY_MS
    this.#rounds += 1
    this.#timer = this.#deps.clock.setTimer(() => void this.#round(), delayMs)
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    const { connection, logger, clock } = this.#deps
    try {
      const response = await connection.request('public/subscribe', { channels })
      if (response.error === null)
        this.#subscriptions.acknowledge(response.result, clock.monotonicMs())
    } catch (error) {
      logger.warn({ channels: channels.length, err: messageOf(error) }, 'subscribe call failed')
    }
  }
}
