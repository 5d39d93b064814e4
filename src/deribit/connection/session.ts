import type { FeedSink, ResyncReason, SuspensionReason } from '../../model/feed.ts'
import type { BookFrame, Receipt } from '../../model/frames.ts'
import type { Logger } from '../../model/telemetry.ts'
import { type Clock, TimerGroup } from '../../time/clock.ts'
import { TokenBucket } from '../../time/pacing.ts'
import type { FeedMetrics } from '../metrics.ts'
import { chunkChannels, isBookChannel } from '../protocol/channels.ts'
import type { DeribitMessage } from '../protocol/messages.ts'
import { type NotificationSink, onNotification } from '../protocol/notifications.ts'
import { ClockProbe } from '../socket/clock-sync.ts'
import { LivenessWatch } from '../socket/liveness.ts'
import type { DisconnectReason } from '../socket/outcomes.ts'
import type { RpcSocket } from '../socket/rpc-socket.ts'
import { NO_SNAPSHOT, Resubscriber } from '../subscriptions/resubscriber.ts'
import { Subscriber } from '../subscriptions/subscriber.ts'
import type { ConnectionChannels } from './connection-channels.ts'

/** Minimum heartbeat interval of the exchange; it sends test requests at about this interval. */
const HEARTBEAT_INTERVAL_S = 10
/** Channels released within this time are unsubscribed together. */
const RELEASE_AFTER_MS = 100
/** Well below the limit of 20 ordinary calls per second. */
const RELEASE_CALLS = { burst: 5, refillMs: 200 }
/** Interval of checks for suspensions that are over. */
const RESUME_CHECK_MS = 5000
const EXCERPT_BYTES = 200
/** Matches the response to a login, complete or malformed. */
const SECRET = /token|secret/i

export interface SessionOptions {
  deadAfterMs: number
  silenceMs: number
}

export interface SessionDeps {
  rpcSocket: RpcSocket
  channels: ConnectionChannels
  limiter: TokenBucket
  clock: Clock
  logger: Logger
  metrics: FeedMetrics
  sink: FeedSink
  notifications: NotificationSink
  lastFrameMonotonicMs: () => number | null
  /** Called when the connection must be replaced. */
  onUnusable: (reason: DisconnectReason) => void
}

/** Handles one open connection: heartbeats, subscriptions, frames, resyncs. */
export class Session {
  readonly #deps: SessionDeps
  readonly #watch: LivenessWatch
  readonly #subscriber: Subscriber
  readonly #resubscriber: Resubscriber
  readonly #clockProbe: ClockProbe
  readonly #releaseLimiter: TokenBucket
  readonly #released = new Set<string>()
  readonly #timers: TimerGroup
  #isSubscribing = false
  #isResuming = false

  constructor(options: SessionOptions, deps: SessionDeps) {
    const { rpcSocket, channels, limiter, clock, logger, metrics, sink, onUnusable } = deps
    this.#deps = deps
    this.#watch = new LivenessWatch(
      { deadAfterMs: options.deadAfterMs },
      {
        clock,
        lastFrameMonotonicMs: deps.lastFrameMonotonicMs,
        requestVerification: () => rpcSocket.notify('public/test', {}),
        onDead: () => onUnusable('no_frames'),
      },
    )
    this.#releaseLimiter = new TokenBucket(RELEASE_CALLS, clock)
    this.#timers = new TimerGroup(clock)
    this.#clockProbe = new ClockProbe(() => rpcSocket.notify('public/test', {}), clock)
    this.#subscriber = new Subscriber({
      rpcSocket,
      channels,
      limiter,
      clock,
      logger,
      onRefused: (channel, options) => this.#suspend(channel, 'refused', options),
    })
    this.#resubscriber = new Resubscriber(
      { silenceMs: options.silenceMs },
      {
        rpcSocket,
        limiter,
        clock,
        logger,
        metrics,
        channels,
        onProbeFailed: (channel) => sink.onProbeFailed(channel),
        onSuspend: (channel, reason, options) => this.#suspend(channel, reason, options),
        onMissing: () => this.#subscriber.refresh(),
        onUnrecoverable: () => onUnusable('error'),
      },
    )
  }

  /** Starts liveness checks when the connection opens, before the login. */
  open(): void {
    this.#deps.rpcSocket.notify('public/set_heartbeat', { interval: HEARTBEAT_INTERVAL_S })
    this.#watch.start()
  }

  subscribe(): void {
    this.#isSubscribing = true
    this.#deps.channels.resumeDue()
    this.#subscriber.start()
    this.#resumeLater()
    this.#resubscriber.start()
    this.#clockProbe.start()
  }

  stop(): void {
    this.#watch.stop()
    this.#subscriber.stop()
    this.#resubscriber.stop()
    this.#clockProbe.stop()
    this.#timers.cancel()
  }

  /** Requests channels that are new, or that may exist now. */
  refresh(): void {
    if (this.#isSubscribing) this.#subscriber.refresh()
  }

  /** Unsubscribes channels. */
  release(channels: readonly string[]): void {
    if (!this.#isSubscribing) return
    if (this.#released.size === 0) this.#timers.after(RELEASE_AFTER_MS, () => void this.#release())
    for (const channel of channels) this.#released.add(channel)
  }

  /** Unsubscribes in few, rate-limited calls, because hundreds of instruments expire simultaneously. */
  async #release(): Promise<void> {
    const { rpcSocket, channels: all } = this.#deps
    const { subscriptions } = all
    const gone = [...this.#released].filter((channel) => !subscriptions.isRequested(channel))
    this.#released.clear()
    for (const channels of chunkChannels(gone)) {
      await this.#releaseLimiter.acquire(this.#timers.sleep)
      rpcSocket.notify('public/unsubscribe', { channels })
    }
  }

  resync(channel: string, reason: ResyncReason): void {
    this.#resubscriber.request(channel, reason)
  }

  /** Age of the oldest due probe, ms; 0 if none is due. */
  oldestProbeAgeMs(): number {
    return this.#resubscriber.oldestProbeAgeMs()
  }

  onMessage(message: DeribitMessage, receipt: Receipt): void {
    const { rpcSocket, logger, metrics, sink, notifications, channels } = this.#deps
    const { subscriptions } = channels
    switch (message.type) {
      case 'book':
        if (!subscriptions.isRequested(message.channel)) this.#countOther()
        else this.#onBook(message, receipt)
        break
      case 'trades':
        if (!subscriptions.isRequested(message.channel)) this.#countOther()
        else {
          subscriptions.received(message.channel, receipt.receivedMonotonicMs)
          channels.passed(message.channel)
          sink.onTrades(message, receipt)
        }
        break
      case 'test_request':
      case 'heartbeat':
        // Answered immediately: the exchange closes the connection after 10 s without a response.
        if (message.type === 'test_request') rpcSocket.notify('public/test', {})
        metrics.frames.series({ kind: 'heartbeat' }).add()
        break
      case 'response':
        metrics.frames.series({ kind: 'response' }).add()
        break
      case 'notification':
        if (onNotification(message, notifications)) metrics.frames.series({ kind: 'state' }).add()
        else this.#countOther()
        break
      case 'invalid':
        metrics.invalidFrames.series({ reason: message.reason }).add()
        if (message.channel !== null) this.#onUnreadable(message.channel)
        logger.warn(
          { reason: message.reason, excerpt: excerptOf(receipt.bytes) },
          `invalid frame from the exchange: ${message.reason}`,
        )
        break
    }
  }

  /** A grouped snapshot that a newer one superseded before it was read. */
  onSuperseded(channel: string): void {
    const { sink, channels } = this.#deps
    if (channels.subscriptions.isRequested(channel)) sink.onSuperseded()
    else this.#countOther()
  }

  #countOther(): void {
    this.#deps.metrics.frames.series({ kind: 'other' }).add()
  }

  #onBook(frame: BookFrame, receipt: Receipt): void {
    const { channels, sink } = this.#deps
    const { channel, kind } = frame
    const answers = channels.subscriptions.received(
      channel,
      receipt.receivedMonotonicMs,
      kind !== 'change',
    )
    const isValid = sink.onBook(frame, answers === null ? receipt : { ...receipt, answers })
    if (!isValid) this.#countUnreadable(channel)
    // A change before its snapshot does not count as valid.
    else if (channels.subscriptions.awaited(channel) === null) channels.passed(channel)
  }

  #onUnreadable(channel: string): void {
    const { channels, sink } = this.#deps
    if (!channels.subscriptions.isRequested(channel)) return
    this.#resubscriber.unreadable(channel)
    if (isBookChannel(channel)) sink.onBrokenBook(channel)
    this.#countUnreadable(channel)
  }

  #countUnreadable(channel: string): void {
    const { channels } = this.#deps
    if (!channels.subscriptions.isRequested(channel) || !channels.failed(channel)) return
    this.#suspend(channel, 'unreadable', { detail: 'unreadable frames' })
  }

  /** Suspends one channel; others are not affected. */
  #suspend(
    channel: string,
    reason: SuspensionReason,
    options: { detail: string; isAlone?: boolean },
  ): void {
    const { channels, sink, logger } = this.#deps
    channels.suspend(channel, reason, options)
    logger.warn({ channel, reason, detail: options.detail }, 'channel suspended')
    if (isBookChannel(channel)) sink.onProbeFailed(channel)
    if (reason !== 'refused') this.release([channel])
    this.#resumeLater()
  }

  #resumeLater(): void {
    if (this.#isResuming || this.#deps.channels.suspensions.isEmpty) return
    this.#isResuming = true
    this.#timers.after(RESUME_CHECK_MS, () => {
      this.#isResuming = false
      const { channels } = this.#deps
      for (const channel of channels.unansweredTrials()) {
        this.#suspend(channel, 'no_snapshot', { detail: NO_SNAPSHOT })
      }
      if (channels.resumeDue()) this.#subscriber.refresh()
      this.#resumeLater()
    })
  }
}

/** Returns the start of a frame for the log; empty if the frame may contain a token. */
function excerptOf(bytes: Buffer): string {
  if (SECRET.test(bytes.toString('utf8', 0, 4 * EXCERPT_BYTES))) return '[redacted]'
  return bytes.toString('utf8', 0, EXCERPT_BYTES)
}
