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

/** Channels of a connection before a further one is opened. */
const MAX_CHANNELS_PER_CONNECTION = 3000
/** Below the limit of 32 connections per address. */
const MAX_CONNECTIONS = 30
/** Below the limit of the exchange for subscribe calls per address: burst of 10, 3.3 per second. */
export const SUBSCRIBE_CALLS = { burst: 8, refillMs: 350 }

export interface ConnectionPoolDeps extends Omit<
  FeedConnectionDeps,
  'limiter' | 'onReady' | 'onLost'
> {
  /** Called when the first connection is open and logged in, and can be used for other calls. */
  onReady: (rpcSocket: RpcSocket) => void
  /** Called when the first connection is lost. */
  onLost: () => void
}

/** Distributes the channels over connections. The first one also receives platform notifications. */
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

  /** Adds channels, requested from the next `refresh` on. Those of one call share a connection. */
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

  /** Requests refused channels that the exchange may accept now. */
  resumeRefused(channels: readonly string[]): void {
    for (const channel of channels) this.#connectionOf.get(channel)?.resumeRefused([channel])
  }

  /** Requests all channels that are not acknowledged. */
  refresh(): void {
    for (const connection of this.#connections) {
      if (connection.subscriptions.acknowledgedCount < connection.subscriptions.requestedCount)
        connection.refresh()
    }
  }

  /** Returns the newest frame of the connection that is most behind; null if one has had none. */
  oldestFrame(): Instant | null {
    let oldest: Instant | null = null
    for (const { lastFrame } of this.#connections) {
      if (lastFrame === null) return null
      if (oldest === null || lastFrame.monotonicMs < oldest.monotonicMs) oldest = lastFrame
    }
    return oldest
  }

  /** Returns the estimate with the smallest uncertainty. */
  clockOffset(): OffsetEstimate | null {
    let best: OffsetEstimate | null = null
    for (const { clockOffset } of this.#connections) {
      if (clockOffset === null) continue
      if (best === null || clockOffset.uncertaintyMs < best.uncertaintyMs) best = clockOffset
    }
    return best
  }

  /** Adds a connection; at the limit returns the last one, which then exceeds its channel limit. */
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
