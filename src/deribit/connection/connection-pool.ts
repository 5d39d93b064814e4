import type { OffsetEstimate } from '../../model/feed.ts'
import type { Instant } from '../../time/clock.ts'
import { TokenBucket } from '../../time/pacing.ts'
import { INSTRUMENT_STATE_CHANNEL, PLATFORM_STATE_CHANNEL } from '../protocol/notifications.ts'
import type { RpcSocket } from '../socket/rpc-socket.ts'
import {
  FeedConnection,
  type FeedConnectionDeps,
  type FeedConnectionOptions,
} from './feed-connection.ts'

/** Above it a further connection is opened. */
const MAX_CHANNELS_PER_CONNECTION = 3000
/** Below the 32 connections that an address may have. */
const MAX_CONNECTIONS = 30
/** Below the exchange's 10 at once and 3.3 a second of subscribe calls of one address. */
export const SUBSCRIBE_CALLS = { burst: 8, refillMs: 350 }

export interface ConnectionPoolDeps extends Omit<
  FeedConnectionDeps,
  'limiter' | 'onReady' | 'onLost'
> {
  /** The first line is open and logged in: for calls beside the subscriptions. */
  onReady: (rpcSocket: RpcSocket) => void
  /** Nothing can be asked on it any more. */
  onLost: () => void
}

/** The connections that carry the channels: the first hears of the platform too. */
export class ConnectionPool {
  readonly #options: Omit<FeedConnectionOptions, 'channels'>
  readonly #deps: ConnectionPoolDeps
  readonly #connections: FeedConnection[] = []
  readonly #connectionOf = new Map<string, FeedConnection>()
  readonly #limiter: TokenBucket
  #isRunning = false

  constructor(options: Omit<FeedConnectionOptions, 'channels'>, deps: ConnectionPoolDeps) {
    this.#options = options
    this.#deps = deps
    this.#limiter = new TokenBucket(SUBSCRIBE_CALLS, deps.clock)
    this.#add([PLATFORM_STATE_CHANNEL, INSTRUMENT_STATE_CHANNEL])
  }

  get all(): readonly FeedConnection[] {
    return this.#connections
  }

  of(channel: string): FeedConnection | undefined {
    return this.#connectionOf.get(channel)
  }

  start(): void {
    this.#isRunning = true
    for (const connection of this.#connections) connection.start()
  }

  stop(): void {
    this.#isRunning = false
    for (const connection of this.#connections) connection.stop()
  }

  /** Carries channels from the next `refresh` on; those of one call stay together. */
  carry(channels: readonly string[]): void {
    const connection =
      this.#connections.find(
        (candidate) =>
          candidate.channels.wantedCount + channels.length <= MAX_CHANNELS_PER_CONNECTION,
      ) ?? this.#addOrLast()
    connection.channels.request(channels)
    for (const channel of channels) this.#connectionOf.set(channel, connection)
  }

  drop(channels: readonly string[]): void {
    for (const channel of channels) {
      this.#connectionOf.get(channel)?.drop([channel])
      this.#connectionOf.delete(channel)
    }
  }

  /** The exchange may take channels now that it refused. */
  resumeRefused(channels: readonly string[]): void {
    for (const channel of channels) this.#connectionOf.get(channel)?.resumeRefused([channel])
  }

  /** Asks at once for what is carried and not acknowledged. */
  refresh(): void {
    for (const connection of this.#connections) {
      if (connection.subscriptions.acknowledgedCount < connection.subscriptions.requestedCount)
        connection.refresh()
    }
  }

  /** The newest frame of the line that is most behind; null while one has never had any. */
  oldestFrame(): Instant | null {
    let oldest: Instant | null = null
    for (const { lastFrame } of this.#connections) {
      if (lastFrame === null) return null
      if (oldest === null || lastFrame.monotonicMs < oldest.monotonicMs) oldest = lastFrame
    }
    return oldest
  }

  /** Of several estimates the one that is the least uncertain. */
  clockOffset(): OffsetEstimate | null {
    let best: OffsetEstimate | null = null
    for (const { clockOffset } of this.#connections) {
      if (clockOffset === null) continue
      if (best === null || clockOffset.uncertaintyMs < best.uncertaintyMs) best = clockOffset
    }
    return best
  }

  /** Too many channels on the last line are better than none, and than a connection too many. */
  #addOrLast(): FeedConnection {
    const last = this.#connections.at(-1)
    return this.#connections.length >= MAX_CONNECTIONS && last !== undefined ? last : this.#add([])
  }

  #add(channels: readonly string[]): FeedConnection {
    const { onReady, onLost, ...rest } = this.#deps
    const deps = { ...rest, limiter: this.#limiter }
    const isFirst = this.#connections.length === 0
    const connection = new FeedConnection(
      { ...this.#options, channels },
      isFirst ? { ...deps, onReady, onLost } : deps,
    )
    this.#connections.push(connection)
    if (this.#isRunning) connection.start()
    return connection
  }
}
