import type { FeedSink, OffsetEstimate, ResyncReason } from '../../model/feed.ts'
import type { Receipt } from '../../model/frames.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock, Instant, Timer } from '../../time/clock.ts'
import type { TokenBucket } from '../../time/pacing.ts'
import type { FeedMetrics } from '../metrics.ts'
import type { NotificationSink } from '../protocol/notifications.ts'
import type { DeribitMessage, ResponseMessage } from '../protocol/messages.ts'
import { type Credentials, Login } from '../socket/auth.ts'
import { ClockOffset, type RoundTrip } from '../socket/clock-sync.ts'
import {
  closeReason,
  closeReasonOfError,
  type DisconnectReason,
  type SocketClose,
} from '../socket/outcomes.ts'
import type { ProxyAddress } from '../socket/proxy-tunnel.ts'
import { RpcSocket } from '../socket/rpc-socket.ts'
import type { SubscriptionSet } from '../subscriptions/subscriptions.ts'
import { ConnectionChannels } from './connection-channels.ts'
import { ReconnectDelay } from './reconnect-delay.ts'
import { Session } from './session.ts'

const TIMEOUTS = { handshakeTimeoutMs: 10_000, requestTimeoutMs: 5000 }

export interface FeedConnectionOptions {
  url: string
  /** Proxy for the exchange. Default: direct connection. */
  proxy?: ProxyAddress | undefined
  channels: readonly string[]
  /** A connection without any frame for this long is dead. */
  deadAfterMs: number
  /** A book without a frame for this long is requested again. */
  silenceMs: number
  credentials?: Credentials
}

export interface FeedConnectionDeps {
  clock: Clock
  /** Limiter of subscribe calls, shared by all connections: the exchange limits them per address. */
  limiter: TokenBucket
  logger: Logger
  metrics: FeedMetrics
  sink: FeedSink
  notifications: NotificationSink
  random?: () => number
  /** Called when the connection is open and logged in, and can be used for other calls. */
  onReady?: (rpcSocket: RpcSocket) => void
  /** Called when the connection is lost; `onReady` follows after a reconnect. */
  onLost?: () => void
}

/** Keeps one connection with its channels: connects, logs in, subscribes, monitors, reconnects. */
export class FeedConnection {
  readonly channels: ConnectionChannels
  readonly #options: FeedConnectionOptions
  readonly #deps: FeedConnectionDeps
  readonly #reconnectDelay: ReconnectDelay
  readonly #clockOffset: ClockOffset
  #rpcSocket: RpcSocket | null = null
  #session: Session | null = null
  #login: Login | null = null
  #retryTimer: Timer | null = null
  #isStopped = true
  #openedMonotonicMs = 0
  #lastFrame: Instant | null = null
  #endReason: DisconnectReason | null = null
  /** Reason of a refused login, until the next attempt. */
  #refusal: string | null = null
  #problem: string | null = 'not started'

  constructor(options: FeedConnectionOptions, deps: FeedConnectionDeps) {
    this.#options = options
    this.#deps = deps
    this.#reconnectDelay = new ReconnectDelay(deps.random)
    this.#clockOffset = new ClockOffset(deps.clock)
    this.channels = new ConnectionChannels(deps.clock, deps.random)
    this.channels.request(options.channels)
  }

  get subscriptions(): SubscriptionSet {
    return this.channels.subscriptions
  }

  get isConnected(): boolean {
    return this.#rpcSocket?.isOpen ?? false
  }

  /**
   * Receipt of the newest frame of any kind, of this or an earlier connection, up to which all are
   * handled; null before any.
   */
  get lastFrame(): Instant | null {
    return this.#lastFrame
  }

  /** Estimated offset of the exchange clock; null without a response in the last 5 minutes. */
  get clockOffset(): OffsetEstimate | null {
    return this.#clockOffset.estimate()
  }

  /** Age of the oldest due probe, ms; 0 if none is due. */
  get oldestProbeAgeMs(): number {
    return this.#session?.oldestProbeAgeMs() ?? 0
  }

  get problem(): string | null {
    return this.#problem
  }

  start(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    this.#problem = 'connecting'
    void this.#connect()
  }

  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#problem = 'stopped'
    this.#retryTimer?.cancel()
    const wasConnected = this.isConnected
    this.#end('shutdown')
    // Not in the close event, which may arrive after the next start.
    this.#rpcSocket = null
    if (wasConnected) this.#closed('shutdown')
  }

  /** Unsubscribes channels. */
  drop(channels: readonly string[]): void {
    for (const channel of channels) this.channels.drop(channel)
    this.#session?.release(channels)
  }

  /** Requests channels that are new, or that may exist now. */
  refresh(): void {
    this.#session?.refresh()
  }

  /** Requests refused channels that the exchange may accept now. */
  resumeRefused(channels: readonly string[]): void {
    if (this.channels.resumeRefused(channels)) this.refresh()
  }

  /** Requests a new snapshot of a channel. Does nothing while disconnected, because a reconnect brings one. */
  resync(channel: string, reason: ResyncReason): void {
    this.#session?.resync(channel, reason)
  }

  async #connect(): Promise<void> {
    const { clock, metrics, logger, sink } = this.#deps
    const { url, proxy } = this.#options
    const rpcSocket: RpcSocket = new RpcSocket(
      { url, proxy, ...TIMEOUTS },
      {
        clock,
        events: {
          onRoundTrip: (times) => this.#onRoundTrip(times),
          onMessage: (message, receipt, place) => {
            if (rpcSocket === this.#rpcSocket) this.#onMessage(message, receipt, place)
          },
          onSuperseded: (channel, length) => {
            if (rpcSocket === this.#rpcSocket) this.#onSuperseded(channel, length)
          },
          onClose: (close) => {
            if (rpcSocket === this.#rpcSocket) this.#onClose(close)
          },
        },
        isOverloaded: () => sink.isOverloaded,
      },
    )
    this.#rpcSocket = rpcSocket
    this.#endReason = null
    this.#refusal = null
    const { result, detail } = await rpcSocket.open()
    if (rpcSocket !== this.#rpcSocket) {
      rpcSocket.terminate()
      return
    }
    if (result !== 'ok') {
      metrics.connects.series({ result }).add()
      this.#problem = `cannot connect: ${result}: ${detail}`
      logger.warn({ result, detail }, 'cannot connect to the exchange')
      this.#connectLater(this.#reconnectDelay.afterFailureMs())
    } else {
      await this.#onOpen(rpcSocket)
    }
  }

  async #onOpen(rpcSocket: RpcSocket): Promise<void> {
    const { clock, logger, metrics, onReady } = this.#deps
    const { deadAfterMs, silenceMs } = this.#options
    this.#openedMonotonicMs = clock.monotonicMs()
    const session = new Session(
      { deadAfterMs, silenceMs },
      {
        ...this.#deps,
        rpcSocket,
        channels: this.channels,
        lastFrameMonotonicMs: () => this.#lastFrame?.monotonicMs ?? null,
        onUnusable: (reason) => this.#end(reason),
      },
    )
    this.#session = session
    session.open()
    if (!(await this.#logIn(rpcSocket)) || session !== this.#session) return
    metrics.connects.series({ result: 'ok' }).add()
    this.#problem = null
    logger.info({ channels: this.subscriptions.requestedCount }, 'connected to the exchange')
    session.subscribe()
    onReady?.(rpcSocket)
  }

  /** Logs in if necessary. Closes the connection and returns false on failure. */
  async #logIn(rpcSocket: RpcSocket): Promise<boolean> {
    const { credentials } = this.#options
    if (credentials === undefined) return true
    const { clock, logger, metrics } = this.#deps
    this.#problem = 'logging in'
    const login = new Login(credentials, {
      rpcSocket,
      clock,
      logger,
      onLost: () => this.#end('error'),
    })
    this.#login = login
    const answer = await login.start()
    if (login !== this.#login || answer.outcome === 'ok') return login === this.#login
    logger.warn({ detail: answer.detail }, 'cannot log in to the exchange')
    if (answer.outcome === 'refused') {
      metrics.connects.series({ result: 'auth' }).add()
      this.#refusal = `credentials refused: ${answer.detail}`
    } else {
      metrics.connects.series({ result: 'timeout' }).add()
    }
    this.#end('error')
    return false
  }

  #onRoundTrip(times: RoundTrip): void {
    const roundTripMs = this.#clockOffset.add(times)
    if (roundTripMs !== null) this.#deps.metrics.roundTrip.observe(roundTripMs / 1000)
  }

  #end(reason: DisconnectReason): void {
    this.#endReason ??= reason
    this.#rpcSocket?.terminate()
  }

  #onMessage(message: DeribitMessage, receipt: Receipt, place: Instant): void {
    // Not its receipt: books whose frames are still held are not verified by it.
    this.#lastFrame = place
    this.#deps.metrics.bytes.add(receipt.bytes.length)
    if (message.type === 'response') this.#onResponse(message)
    this.#session?.onMessage(message, receipt)
  }

  #onSuperseded(channel: string, length: number): void {
    this.#deps.metrics.bytes.add(length)
    this.#session?.onSuperseded(channel)
  }

  /** Logs errors, and closes the connection on those after which the exchange closes it. */
  #onResponse(response: ResponseMessage): void {
    if (response.error === null) return
    const { code, message, detail } = response.error
    this.#deps.logger.warn({ code, detail, id: response.id }, `error from the exchange: ${message}`)
    // The exchange may or may not close the connection after this error. Further calls are useless.
    const reason = closeReasonOfError(code)
    if (reason !== null) this.#end(reason)
  }

  #onClose(close: SocketClose): void {
    const reason = this.#endReason ?? closeReason(close)
    const isSearching = reason === 'oversize' && this.#findOversize()
    this.#closed(reason)
    this.#problem = this.#refusal ?? `disconnected: ${reason}`
    this.#deps.logger.warn(
      { reason, code: close.code, text: close.reason },
      'connection to the exchange closed, reconnecting',
    )
    const isLoginRefused = this.#refusal !== null
    this.#connectLater(this.#reconnectDelay.afterCloseMs({ reason, isLoginRefused, isSearching }))
  }

  /** Searches for the channel that closed the socket; true if the search made progress. */
  #findOversize(): boolean {
    const { metrics, logger, sink } = this.#deps
    metrics.invalidFrames.series({ reason: 'oversize' }).add()
    const result = this.channels.closedByOversize()
    if (typeof result === 'string') return result === 'narrowed'
    logger.warn({ channel: result.found, reason: 'oversize' }, 'channel suspended')
    sink.onProbeFailed(result.found)
    return true
  }

  /** Discards everything of the connection: timers, pending calls, acknowledgements. */
  #closed(reason: DisconnectReason): void {
    this.#login?.stop()
    this.#login = null
    this.#session?.stop()
    this.#session = null
    this.channels.disconnected()
    this.#deps.metrics.disconnects.series({ reason }).add()
    const lastMs = this.#lastFrame?.monotonicMs ?? this.#openedMonotonicMs
    this.#reconnectDelay.connectionLasted(lastMs - this.#openedMonotonicMs)
    this.#deps.onLost?.()
  }

  #connectLater(delayMs: number): void {
    if (this.#isStopped) return
    this.#retryTimer = this.#deps.clock.setTimer(() => void this.#connect(), delayMs)
  }
}
