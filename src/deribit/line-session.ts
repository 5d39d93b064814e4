import type { Clock } from '../model/clock.ts'
import type { FeedSink, ResyncReason } from '../model/feed.ts'
import type { BookFrame, Receipt } from '../model/frame.ts'
import type { Logger } from '../model/logger.ts'
import { ClockProbe } from './clock-probe.ts'
import { CallLimiter } from './call-limiter.ts'
import { chunkChannels } from './channels.ts'
import type { DisconnectReason } from './connect-result.ts'
import type { Connection } from './connection.ts'
import { LivenessWatch } from './liveness-watch.ts'
import type { DeribitMessage } from './messages.ts'
import type { FeedMetrics } from './metrics.ts'
import { onNotification } from './platform-events.ts'
import { Resyncer } from './resyncer.ts'
import { Subscriber } from './subscriber.ts'
import type { SubscriptionSet } from './subscription-set.ts'
import { Waits } from './waits.ts'

/** Shortest interval that the exchange takes; it asks for `public/test` about that often. */
const HEARTBEAT_INTERVAL_S = 10
/** What is given up within this goes together. */
const RELEASE_AFTER_MS = 100
/** Well below the 20 a second that ordinary calls may be. */
const RELEASE_CALLS = { burst: 5, refillMs: 200 }
const EXCERPT_BYTES = 200
/** The answer to a login, whole or broken. */
const SECRET = /token|secret/i

export interface LineSessionOptions {
  deadAfterMs: number
  silenceMs: number
}

export interface LineSessionDeps {
  connection: Connection
  subscriptions: SubscriptionSet
  limiter: CallLimiter
  clock: Clock
  logger: Logger
  metrics: FeedMetrics
  sink: FeedSink
  lastFrameMonotonicMs: () => number | null
  /** The connection is of no more use. */
  onUseless: (reason: DisconnectReason) => void
}

/** What is done on one open connection, from its opening to its end. */
export class LineSession {
  readonly #deps: LineSessionDeps
  readonly #watch: LivenessWatch
  readonly #subscriber: Subscriber
  readonly #resyncer: Resyncer
  readonly #clockProbe: ClockProbe
  readonly #releaseLimiter: CallLimiter
  readonly #released = new Set<string>()
  readonly #waits: Waits
  #isSubscribing = false

  constructor(options: LineSessionOptions, deps: LineSessionDeps) {
    const { connection, subscriptions, limiter, clock, logger, metrics, sink, onUseless } = deps
    this.#deps = deps
    this.#watch = new LivenessWatch(
      { deadAfterMs: options.deadAfterMs },
      {
        clock,
        lastFrameMonotonicMs: deps.lastFrameMonotonicMs,
        askForProof: () => connection.notify('public/test', {}),
        onDead: () => onUseless('no_frames'),
      },
    )
    this.#releaseLimiter = new CallLimiter(RELEASE_CALLS, clock)
    this.#waits = new Waits(clock)
    this.#clockProbe = new ClockProbe(() => connection.notify('public/test', {}), clock)
    this.#subscriber = new Subscriber(subscriptions, { connection, limiter, clock, logger })
    this.#resyncer = new Resyncer(
      { silenceMs: options.silenceMs },
      {
        connection,
        limiter,
        clock,
        logger,
        metrics,
        subscriptions,
        isBook: (channel) => channel.startsWith('book.'),
        onProbeFailed: (channel) => sink.onProbeFailed(channel),
        onHopeless: () => onUseless('error'),
      },
    )
  }

  /** From the opening on: the exchange must prove itself also while we log in. */
  open(): void {
    this.#deps.connection.notify('public/set_heartbeat', { interval: HEARTBEAT_INTERVAL_S })
    this.#watch.start()
  }

  subscribe(): void {
    this.#isSubscribing = true
    this.#subscriber.start()
    this.#resyncer.start()
    this.#clockProbe.start()
  }

  stop(): void {
    this.#watch.stop()
    this.#subscriber.stop()
    this.#resyncer.stop()
    this.#clockProbe.stop()
    this.#waits.cancel()
  }

  /** More channels are wanted than before, or one may be there now that was not. */
  refresh(): void {
    if (this.#isSubscribing) this.#subscriber.refresh()
  }

  /** These are not wanted any more. */
  release(channels: readonly string[]): void {
    if (!this.#isSubscribing) return
    if (this.#released.size === 0) this.#waits.after(RELEASE_AFTER_MS, () => void this.#release())
    for (const channel of channels) this.#released.add(channel)
  }

  /** Hundreds of instruments expire at one moment: in as few calls as can be, and not all at once. */
  async #release(): Promise<void> {
    const { connection, subscriptions } = this.#deps
    const gone = [...this.#released].filter((channel) => !subscriptions.isRequested(channel))
    this.#released.clear()
    for (const channels of chunkChannels(gone)) {
      await this.#releaseLimiter.turn(this.#waits.sleep)
      connection.notify('public/unsubscribe', { channels })
    }
  }

  resync(channel: string, reason: ResyncReason): void {
    this.#resyncer.request(channel, reason)
  }

  /** How long the longest due probe has waited, ms; 0 when none is due. */
  oldestProbeAgeMs(): number {
    return this.#resyncer.oldestProbeAgeMs()
  }

  onMessage(message: DeribitMessage, receipt: Receipt): void {
    const { connection, logger, metrics, sink, subscriptions } = this.#deps
    switch (message.type) {
      case 'book':
        if (!subscriptions.isRequested(message.channel)) this.#countOther()
        else this.#onBook(message, receipt)
        break
      case 'trades':
        if (!subscriptions.isRequested(message.channel)) this.#countOther()
        else sink.onTrades(message, receipt)
        break
      case 'test_request':
      case 'heartbeat':
        // Answered from the read path: ten seconds without an answer close the connection.
        if (message.type === 'test_request') connection.notify('public/test', {})
        metrics.frames.cell({ kind: 'heartbeat' }).add()
        break
      case 'response':
        metrics.frames.cell({ kind: 'response' }).add()
        break
      case 'notification':
        if (onNotification(message, sink)) metrics.frames.cell({ kind: 'state' }).add()
        else this.#countOther()
        break
      case 'invalid':
        metrics.invalidFrames.cell({ reason: message.reason }).add()
        if (message.channel?.startsWith('book.') === true) sink.onBrokenBook(message.channel)
        logger.warn(
          { reason: message.reason, excerpt: excerptOf(receipt.bytes) },
          `invalid frame from the exchange: ${message.reason}`,
        )
        break
    }
  }

  #countOther(): void {
    this.#deps.metrics.frames.cell({ kind: 'other' }).add()
  }

  #onBook(frame: BookFrame, receipt: Receipt): void {
    const { subscriptions, sink } = this.#deps
    const { channel, kind } = frame
    const answers = subscriptions.heard(channel, receipt.receivedMonotonicMs, kind !== 'change')
    sink.onBook(frame, answers === null ? receipt : { ...receipt, answers })
  }
}

/** The beginning of a frame for the log; nothing of one that may hold a token. */
function excerptOf(bytes: Buffer): string {
  if (SECRET.test(bytes.toString('utf8', 0, 4 * EXCERPT_BYTES))) return '[redacted]'
  return bytes.toString('utf8', 0, EXCERPT_BYTES)
}
