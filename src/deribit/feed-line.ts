import type { Clock, Timer } from '../model/clock.ts'
import type { FeedSink, OffsetEstimate, ResyncReason } from '../model/feed.ts'
import type { BookFrame, Receipt } from '../model/frame.ts'
import type { Logger } from '../model/logger.ts'
import { Backoff } from './backoff.ts'
import { CallLimiter } from './call-limiter.ts'
import { ClockOffset, type RoundTrip } from './clock-offset.ts'
import { closeReason, closeReasonOfError } from './close-reason.ts'
import type { DisconnectReason } from './connect-result.ts'
import { Connection, type ConnectionClose } from './connection.ts'
import { LivenessWatch } from './liveness-watch.ts'
import type { DeribitMessage, ResponseMessage } from './messages.ts'
import type { FeedMetrics } from './metrics.ts'
import { onNotification } from './platform-events.ts'
import { Resyncer } from './resyncer.ts'
import { Subscriber } from './subscriber.ts'
import { SubscriptionSet } from './subscription-set.ts'

/** Shortest interval that the exchange takes; it asks for `public/test` about that often. */
const HEARTBEAT_INTERVAL_S = 10
const TIMEOUTS = { handshakeTimeoutMs: 10_000, requestTimeoutMs: 5000 }
const BACKOFF = { baseMs: 1000, capMs: 30_000, resetAfterMs: 60_000 }
/** Below the exchange's 10 at once and 3.3 a second of subscribe calls. */
const SUBSCRIBE_CALLS = { burst: 8, refillMs: 350 }

export interface FeedLineOptions {
  url: string
  channels: readonly string[]
  /** No frame of any kind for this long: the connection is dead. */
  deadAfterMs: number
  /** A book without a frame for this long is asked for anew. */
  silenceMs: number
}

/** When a frame came, on either clock. */
export interface FrameTime {
  readonly timeMs: number
  readonly monotonicMs: number
}

export interface FeedLineDeps {
  clock: Clock
  logger: Logger
  metrics: FeedMetrics
  sink: FeedSink
  random?: () => number
}

/** One supervised connection and the channels on it: connects, subscribes, watches, for ever. */
export class FeedLine {
  readonly subscriptions = new SubscriptionSet()
  readonly #options: FeedLineOptions
  readonly #deps: FeedLineDeps
  readonly #backoff: Backoff
  readonly #limiter: CallLimiter
  #connection: Connection | null = null
  #subscriber: Subscriber | null = null
  #resyncer: Resyncer | null = null
  readonly #clockOffset: ClockOffset
  #retryTimer: Timer | null = null
  #watch: LivenessWatch | null = null
  #isStopped = true
  #openedMonotonicMs = 0
  #lastFrame: FrameTime | null = null
  #endReason: DisconnectReason | null = null
  #problem: string | null = 'not started'

  constructor(options: FeedLineOptions, deps: FeedLineDeps) {
    this.#options = options
    this.#deps = deps
    this.#backoff = new Backoff(BACKOFF, deps.random)
    this.#limiter = new CallLimiter(SUBSCRIBE_CALLS, deps.clock)
    this.#clockOffset = new ClockOffset(deps.clock)
    this.subscriptions.request(options.channels)
  }

  get isConnected(): boolean {
    return this.#connection?.isOpen ?? false
  }

  /** Newest frame of any kind, of this or an earlier connection. */
  get lastFrame(): FrameTime | null {
    return this.#lastFrame
  }

  /** The exchange's clock as this connection sees it; null before the first answer. */
  get clockOffset(): OffsetEstimate | null {
    return this.#clockOffset.estimate()
  }

  /** How long the longest due probe has waited, ms; 0 when none is due. */
  get oldestProbeAgeMs(): number {
    return this.#resyncer?.oldestProbeAgeMs() ?? 0
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
    // Not when the socket says so, which may be after the next start.
    this.#connection = null
    if (wasConnected) this.#closed('shutdown')
  }

  async #connect(): Promise<void> {
    const { clock, metrics, logger } = this.#deps
    const connection: Connection = new Connection(
      { url: this.#options.url, ...TIMEOUTS },
      {
        clock,
        events: {
          onRoundTrip: (times) => this.#onRoundTrip(times),
          onMessage: (message, receipt) => {
            if (connection === this.#connection) this.#onMessage(message, receipt)
          },
          onClose: (close) => {
            if (connection === this.#connection) this.#onClose(close)
          },
        },
      },
    )
    this.#connection = connection
    this.#endReason = null
    const { result, detail } = await connection.open()
    if (connection !== this.#connection) {
      connection.terminate()
      return
    }
    metrics.connects.cell({ result }).add()
    if (result !== 'ok') {
      this.#problem = `cannot connect: ${result}: ${detail}`
      logger.warn({ result, detail }, 'cannot connect to the exchange')
      this.#connectLater()
    } else {
      this.#onOpen(connection)
    }
  }

  #onOpen(connection: Connection): void {
    const { clock, logger } = this.#deps
    this.#openedMonotonicMs = clock.monotonicMs()
    this.#problem = null
    logger.info({ channels: this.subscriptions.requestedCount }, 'connected to the exchange')
    connection.notify('public/set_heartbeat', { interval: HEARTBEAT_INTERVAL_S })
    this.#subscriber = new Subscriber(this.subscriptions, {
      connection,
      limiter: this.#limiter,
      clock,
      logger,
    })
    this.#subscriber.start()
    this.#resyncer = this.#createResyncer(connection)
    this.#resyncer.start()
    this.#watch = new LivenessWatch(
      { deadAfterMs: this.#options.deadAfterMs },
      {
        clock,
        lastFrameMonotonicMs: () => this.#lastFrame?.monotonicMs ?? null,
        askForProof: () => connection.notify('public/test', {}),
        onDead: () => this.#end('no_frames'),
      },
    )
    this.#watch.start()
  }

  #createResyncer(connection: Connection): Resyncer {
    const { clock, logger, metrics, sink } = this.#deps
    return new Resyncer(
      { silenceMs: this.#options.silenceMs },
      {
        connection,
        clock,
        logger,
        metrics,
        subscriptions: this.subscriptions,
        isBook: (channel) => channel.startsWith('book.'),
        onProbeFailed: (channel) => sink.onProbeFailed(channel),
        onHopeless: () => this.#end('error'),
      },
    )
  }

  /** Asks for a fresh snapshot of a channel; nothing while not connected, as a reconnect brings one. */
  resync(channel: string, reason: ResyncReason): void {
    this.#resyncer?.request(channel, reason)
  }

  #onRoundTrip(times: RoundTrip): void {
    const roundTripMs = this.#clockOffset.add(times)
    if (roundTripMs !== null) this.#deps.metrics.roundTrip.observe(roundTripMs / 1000)
  }

  #end(reason: DisconnectReason): void {
    this.#endReason ??= reason
    this.#connection?.terminate()
  }

  #onMessage(message: DeribitMessage, receipt: Receipt): void {
    const { metrics, sink } = this.#deps
    const { receivedTimeMs: timeMs, receivedMonotonicMs: monotonicMs } = receipt
    this.#lastFrame = { timeMs, monotonicMs }
    metrics.bytes.add(receipt.bytes.length)
    switch (message.type) {
      case 'book':
        if (!this.subscriptions.isRequested(message.channel)) this.#countOther()
        else this.#onBook(message, receipt)
        break
      case 'trades':
        if (!this.subscriptions.isRequested(message.channel)) this.#countOther()
        else sink.onTrades(message, receipt)
        break
      case 'test_request':
      case 'heartbeat':
        // Answered from the read path: ten seconds without an answer close the connection.
        if (message.type === 'test_request') this.#connection?.notify('public/test', {})
        metrics.frames.cell({ kind: 'heartbeat' }).add()
        break
      case 'response':
        metrics.frames.cell({ kind: 'response' }).add()
        this.#onResponse(message)
        break
      case 'notification':
        if (onNotification(message, sink)) metrics.frames.cell({ kind: 'state' }).add()
        else this.#countOther()
        break
      case 'invalid':
        metrics.invalidFrames.cell({ reason: message.reason }).add()
        if (message.channel?.startsWith('book.') === true) sink.onBrokenBook(message.channel)
        this.#deps.logger.warn(
          { reason: message.reason, excerpt: receipt.bytes.toString('utf8', 0, 200) },
          `invalid frame from the exchange: ${message.reason}`,
        )
        break
    }
  }

  #countOther(): void {
    this.#deps.metrics.frames.cell({ kind: 'other' }).add()
  }

  #onBook(frame: BookFrame, receipt: Receipt): void {
    const { channel, kind } = frame
    const atMs = receipt.receivedMonotonicMs
    const answers = this.subscriptions.heard(channel, atMs, kind !== 'change')
    this.#deps.sink.onBook(frame, { ...receipt, answers })
  }

  /** Errors tell why the exchange is about to close the connection. */
  #onResponse(response: ResponseMessage): void {
    if (response.error === null) return
    const { code, message, detail } = response.error
    this.#deps.logger.warn({ code, detail, id: response.id }, `error from the exchange: ${message}`)
    this.#endReason ??= closeReasonOfError(code)
  }

  #onClose(close: ConnectionClose): void {
    const reason = this.#endReason ?? closeReason(close)
    this.#closed(reason)
    this.#problem = `disconnected: ${reason}`
    this.#deps.logger.warn(
      { reason, code: close.code, text: close.reason },
      'connection to the exchange ended',
    )
    this.#connectLater()
  }

  /** Leaves nothing of the connection behind: timers, calls under way, acknowledgements. */
  #closed(reason: DisconnectReason): void {
    this.#watch?.stop()
    this.#subscriber?.stop()
    this.#resyncer?.stop()
    this.#resyncer = null
    this.subscriptions.disconnected()
    this.#deps.metrics.disconnects.cell({ reason }).add()
    const lastMs = this.#lastFrame?.monotonicMs ?? this.#openedMonotonicMs
    this.#backoff.connectionLasted(lastMs - this.#openedMonotonicMs)
  }

  #connectLater(): void {
    if (this.#isStopped) return
    this.#retryTimer = this.#deps.clock.setTimer(
      () => void this.#connect(),
      this.#backoff.nextDelayMs(),
    )
  }
}
