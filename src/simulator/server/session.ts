import type { Clock, Timer } from '../../time/clock.ts'
import { type Accounts, type Caller, creditOwnerOf, type Grant } from '../rpc/accounts.ts'
import type { ChannelHub } from '../channels/hub.ts'
import type { Stream, Subscriber } from '../channels/stream.ts'
import type { Random } from '../market/random.ts'
import { Heartbeat } from './heartbeat.ts'

const CLOSE_HEARTBEAT = 4000
const CLOSE_TOO_SLOW = 1008
/**
 * Time after which a closing connection is terminated, ms: a client that does not read cannot
 * receive the close frame.
 */
const TOO_SLOW_GRACE_MS = 1_000
const DEAD_FOR_MS = 120_000

export interface SessionOptions {
  id: number
  /** Address of the client, which owns its credits while it is not logged in. */
  address: string
  idleTimeoutMs: number
}

export interface SessionDeps {
  clock: Clock
  random: Random
  hub: ChannelHub
  accounts: Accounts
  write(data: string | Buffer): void
  close(code: number, reason: string): void
  /** Ends the TCP connection without a close frame. */
  cut(): void
  /** Stops reading and writing without closing the connection. */
  silence(): void
}

/** One connection: its login, its subscriptions, its heartbeat. */
export class Session implements Subscriber, Caller {
  readonly id: number
  readonly subscriptions = new Map<string, Stream>()
  readonly #options: SessionOptions
  readonly #deps: SessionDeps
  readonly #heartbeat: Heartbeat
  /** The newest login, which is the valid one. */
  #grant: Grant | null = null
  readonly #connectionGrants = new Set<Grant>()
  #idleTimer: Timer
  #cutTimer: Timer | null = null
  #isClosing = false

  constructor(options: SessionOptions, deps: SessionDeps) {
    this.id = options.id
    this.#options = options
    this.#deps = deps
    this.#heartbeat = new Heartbeat({
      clock: deps.clock,
      random: deps.random,
      send: (frame) => this.send(frame),
      onUnanswered: () => deps.close(CLOSE_HEARTBEAT, 'heartbeat close'),
    })
    this.#idleTimer = this.#armIdle()
  }

  get isLoggedIn(): boolean {
    return this.#grant !== null && this.#deps.accounts.isGood(this.#grant)
  }

  /** Owner of the credits that a request costs. */
  get creditOwner(): string {
    return creditOwnerOf(this.isLoggedIn ? this.#grant : null, this.#options.address)
  }

  send(data: string | Buffer): void {
    this.#heartbeat.onSent()
    this.#deps.write(data)
  }

  close(code: number, reason: string): void {
    this.#deps.close(code, reason)
  }

  /** Ends the TCP connection without a close frame. */
  cut(): void {
    this.#deps.cut()
  }

  /** Keeps the connection open without reading or writing; it is released after a while. */
  silence(): void {
    this.#deps.silence()
    this.#cutTimer = this.#deps.clock.setTimer(() => this.#deps.cut(), DEAD_FOR_MS)
  }

  /**
   * Disconnects a client with too many unread bytes. The close code of the exchange is not
   * documented.
   */
  closeAsTooSlow(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#deps.close(CLOSE_TOO_SLOW, 'connection_too_slow')
    this.#cutTimer = this.#deps.clock.setTimer(() => this.#deps.cut(), TOO_SLOW_GRACE_MS)
  }

  logIn(grant: Grant): void {
    this.#grant = grant
    for (const old of this.#connectionGrants) {
      if (!this.#deps.accounts.isGood(old)) this.#connectionGrants.delete(old)
    }
    if (grant.scope.sessionName === null) this.#connectionGrants.add(grant)
  }

  join(stream: Stream): void {
    this.subscriptions.set(stream.channel, this.#deps.hub.join(stream, this))
  }

  /** Returns false if the channel was not subscribed. */
  leave(channel: string): boolean {
    if (!this.subscriptions.delete(channel)) return false
    this.#deps.hub.leave(channel, this)
    return true
  }

  leaveAll(): void {
    for (const channel of [...this.subscriptions.keys()]) this.leave(channel)
  }

  setHeartbeat(intervalSeconds: number): void {
    this.#heartbeat.set(intervalSeconds)
  }

  disableHeartbeat(): void {
    this.#heartbeat.stop()
  }

  onTest(): void {
    this.#heartbeat.onTest()
  }

  /** Called for each request: the connection is not idle. */
  onRequest(): void {
    this.#idleTimer.cancel()
    this.#idleTimer = this.#armIdle()
  }

  /** Ends the session and invalidates every token of connection scope. */
  end(): void {
    this.#idleTimer.cancel()
    this.#cutTimer?.cancel()
    this.#heartbeat.stop()
    this.leaveAll()
    for (const grant of this.#connectionGrants) this.#deps.accounts.revoke(grant)
    this.#connectionGrants.clear()
    this.#grant = null
  }

  #armIdle(): Timer {
    return this.#deps.clock.setTimer(() => {
      if (this.subscriptions.size === 0 && !this.#heartbeat.isSet) this.#deps.cut()
      else this.#idleTimer = this.#armIdle()
    }, this.#options.idleTimeoutMs)
  }
}
