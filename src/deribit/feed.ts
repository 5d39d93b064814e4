import type { FeedControl, FeedHealth, OffsetEstimate, ResyncReason } from '../model/feed.ts'
import { pictureChannel, tradesChannel, type PictureChannelOptions } from './channels.ts'
import { FeedLine, type FeedLineDeps, type FrameTime } from './feed-line.ts'
import { INSTRUMENT_STATE_CHANNEL, PLATFORM_STATE_CHANNEL } from './platform-events.ts'

const MAX_NAMED_MISSING = 20

export interface FeedOptions {
  url: string
  instruments: readonly string[]
  book: PictureChannelOptions
  withTrades: boolean
  /** No frame of any kind for this long: the connection is dead. */
  deadAfterMs: number
  /** A book without a frame for this long is asked for anew. */
  silenceMs: number
}

/** The exchange edge: wants the books (and trades) of the instruments, hands frames to the sink. */
export class Feed implements FeedControl {
  readonly #line: FeedLine
  readonly #isMaintenance: () => boolean

  constructor(options: FeedOptions, deps: FeedLineDeps & { isMaintenance: () => boolean }) {
    const channels = options.instruments.flatMap((instrument) => {
      const book = pictureChannel(instrument, options.book)
      return options.withTrades ? [book, tradesChannel(instrument, options.book.interval)] : [book]
    })
    this.#isMaintenance = deps.isMaintenance
    this.#line = new FeedLine(
      {
        url: options.url,
        channels: [...channels, PLATFORM_STATE_CHANNEL, INSTRUMENT_STATE_CHANNEL],
        deadAfterMs: options.deadAfterMs,
        silenceMs: options.silenceMs,
      },
      deps,
    )
  }

  start(): void {
    this.#line.start()
  }

  /** Closes the connection; no frame comes after it. Idempotent. */
  stop(): void {
    this.#line.stop()
  }

  /** A connection carries a channel only from its first frame on: null before, after a reconnect too. */
  lastFrame(channel: string): FrameTime | null {
    const { subscriptions, lastFrame } = this.#line
    const isCarried =
      subscriptions.isRequested(channel) && subscriptions.awaited(channel) !== 'subscribe'
    return isCarried ? lastFrame : null
  }

  clockOffset(): OffsetEstimate | null {
    return this.#line.clockOffset
  }

  resync(channel: string, reason: ResyncReason): void {
    this.#line.resync(channel, reason)
  }

  oldestProbeAgeMs(): number {
    return this.#line.oldestProbeAgeMs
  }

  isMaintenance(): boolean {
    return this.#isMaintenance()
  }

  /** Wall clock of the newest frame, epoch ms; null before the first. */
  lastFrameTimeMs(): number | null {
    return this.#line.lastFrame?.timeMs ?? null
  }

  health(): FeedHealth {
    const { subscriptions } = this.#line
    return {
      isConnected: this.#line.isConnected,
      lastFrameMonotonicMs: this.#line.lastFrame?.monotonicMs ?? null,
      requestedChannels: subscriptions.requestedCount,
      acknowledgedChannels: subscriptions.acknowledgedCount,
      missingChannels: subscriptions.missing(MAX_NAMED_MISSING),
      problem: this.#line.problem,
    }
  }
}
