import type { OffsetEstimate } from '../model/feed.ts'
import { FeedLine, type FeedLineDeps, type FeedLineOptions, type FrameTime } from './feed-line.ts'
import { CallLimiter } from './call-limiter.ts'
import type { Connection } from './connection.ts'
import { INSTRUMENT_STATE_CHANNEL, PLATFORM_STATE_CHANNEL } from './platform-events.ts'

/** Above it a further connection is opened. */
const MAX_CHANNELS_PER_LINE = 3000
/** Below the 32 connections that an address may have. */
const MAX_LINES = 30
/** Below the exchange's 10 at once and 3.3 a second of subscribe calls of one address. */
export const SUBSCRIBE_CALLS = { burst: 8, refillMs: 350 }

export interface FeedLinesDeps extends Omit<FeedLineDeps, 'limiter' | 'onReady' | 'onLost'> {
  /** The first line is open and logged in: for calls beside the subscriptions. */
  onReady: (connection: Connection) => void
  /** Nothing can be asked on it any more. */
  onLost: () => void
}

/** The connections that carry the channels: the first hears of the platform too. */
export class FeedLines {
  readonly #options: Omit<FeedLineOptions, 'channels'>
  readonly #deps: FeedLinesDeps
  readonly #lines: FeedLine[] = []
  readonly #lineOf = new Map<string, FeedLine>()
  readonly #limiter: CallLimiter
  #isRunning = false

  constructor(options: Omit<FeedLineOptions, 'channels'>, deps: FeedLinesDeps) {
    this.#options = options
    this.#deps = deps
    this.#limiter = new CallLimiter(SUBSCRIBE_CALLS, deps.clock)
    this.#add([PLATFORM_STATE_CHANNEL, INSTRUMENT_STATE_CHANNEL])
  }

  get all(): readonly FeedLine[] {
    return this.#lines
  }

  of(channel: string): FeedLine | undefined {
    return this.#lineOf.get(channel)
  }

  start(): void {
    this.#isRunning = true
    for (const line of this.#lines) line.start()
  }

  stop(): void {
    this.#isRunning = false
    for (const line of this.#lines) line.stop()
  }

  /** Carries channels from the next `refresh` on; those of one call stay together. */
  carry(channels: readonly string[]): void {
    const line =
      this.#lines.find(
        (candidate) => candidate.channels.wantedCount + channels.length <= MAX_CHANNELS_PER_LINE,
      ) ?? this.#addOrLast()
    line.channels.request(channels)
    for (const channel of channels) this.#lineOf.set(channel, line)
  }

  drop(channels: readonly string[]): void {
    for (const channel of channels) {
      this.#lineOf.get(channel)?.drop([channel])
      this.#lineOf.delete(channel)
    }
  }

  /** The exchange may take channels now that it refused. */
  resumeRefused(channels: readonly string[]): void {
    for (const channel of channels) this.#lineOf.get(channel)?.resumeRefused([channel])
  }

  /** Asks at once for what is carried and not acknowledged. */
  refresh(): void {
    for (const line of this.#lines) {
      if (line.subscriptions.acknowledgedCount < line.subscriptions.requestedCount) line.refresh()
    }
  }

  /** The newest frame of the line that is most behind; null while one has never had any. */
  oldestFrame(): FrameTime | null {
    let oldest: FrameTime | null = null
    for (const { lastFrame } of this.#lines) {
      if (lastFrame === null) return null
      if (oldest === null || lastFrame.monotonicMs < oldest.monotonicMs) oldest = lastFrame
    }
    return oldest
  }

  /** Of several estimates the one that is the least uncertain. */
  clockOffset(): OffsetEstimate | null {
    let best: OffsetEstimate | null = null
    for (const { clockOffset } of this.#lines) {
      if (clockOffset === null) continue
      if (best === null || clockOffset.uncertaintyMs < best.uncertaintyMs) best = clockOffset
    }
    return best
  }

  /** Too many channels on the last line are better than none, and than a connection too many. */
  #addOrLast(): FeedLine {
    const last = this.#lines.at(-1)
    return this.#lines.length >= MAX_LINES && last !== undefined ? last : this.#add([])
  }

  #add(channels: readonly string[]): FeedLine {
    const { onReady, onLost, ...rest } = this.#deps
    const deps = { ...rest, limiter: this.#limiter }
    const isFirst = this.#lines.length === 0
    const line = new FeedLine(
      { ...this.#options, channels },
      isFirst ? { ...deps, onReady, onLost } : deps,
    )
    this.#lines.push(line)
    if (this.#isRunning) line.start()
    return line
  }
}
