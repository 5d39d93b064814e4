import type {
  FeedControl,
  FeedHealth,
  FeedSink,
  InstrumentWord,
  OffsetEstimate,
  ResyncReason,
} from '../model/feed.ts'
import type { InstrumentInfo } from '../model/instrument.ts'
import { bookChannel, tradesChannel, type BookChannelOptions } from './channels.ts'
import type { FeedLineDeps, FrameTime } from './feed-line.ts'
import { FeedLines } from './feed-lines.ts'
import { DirectoryLoader } from './instruments/directory-loader.ts'
import { InstrumentDirectory, isFinalWord } from './instruments/instrument-directory.ts'
import { parseSelector } from './instruments/selector.ts'
import type { Credentials } from './login.ts'
import type { ProxyAddress } from './proxy-tunnel.ts'

const MAX_NAMED = 20

export interface FeedOptions {
  url: string
  /** On the way to the exchange; without it the way is direct. */
  proxy?: ProxyAddress | undefined
  credentials?: Credentials
  /** Instrument names and selectors `kind:currency`, in the order in which they count. */
  instruments: readonly string[]
  maxInstruments: number
  /** Whether an instrument is in the share of this producer; all are without it. */
  isOurs?: (instrument: string) => boolean
  book: BookChannelOptions
  withTrades: boolean
  /** No frame of any kind for this long: the connection is dead. */
  deadAfterMs: number
  /** A book without a frame for this long is asked for anew. */
  silenceMs: number
}

export interface FeedDeps extends Omit<FeedLineDeps, 'limiter' | 'onReady' | 'onLost'> {
  isMaintenance: () => boolean
}

/** The exchange edge: wants the books (and trades) of the instruments, hands frames to the sink. */
export class Feed implements FeedControl {
  readonly #options: FeedOptions
  readonly #deps: FeedDeps
  readonly #directory: InstrumentDirectory
  readonly #loader: DirectoryLoader
  readonly #lines: FeedLines
  readonly #carried = new Set<string>()
  #leftOutCount = 0

  constructor(options: FeedOptions, deps: FeedDeps) {
    this.#options = options
    this.#deps = deps
    const { url, proxy, credentials, deadAfterMs, silenceMs, maxInstruments } = options
    const selectors = options.instruments.map(parseSelector)
    this.#directory = new InstrumentDirectory({
      selectors,
      maxInstruments,
      ...(options.isOurs === undefined ? {} : { isOurs: options.isOurs }),
    })
    this.#loader = new DirectoryLoader({
      ...deps,
      directory: this.#directory,
      onLoaded: () => this.#onLoaded(),
      onLockedIndices: (priceIndices) => deps.sink.onLockedIndices(priceIndices),
    })
    this.#lines = new FeedLines(
      {
        url,
        deadAfterMs,
        silenceMs,
        proxy,
        ...(credentials === undefined ? {} : { credentials }),
      },
      {
        ...deps,
        sink: this.#tap(deps.sink),
        onReady: (connection) => this.#loader.start(connection),
        onLost: () => this.#loader.stop(),
      },
    )
    this.#sync()
  }

  start(): void {
    this.#lines.start()
  }

  /** Closes the connections; no frame comes after it. Idempotent. */
  stop(): void {
    this.#loader.stop()
    this.#lines.stop()
  }

  /** A connection carries a channel only from its first frame on: null before, after a reconnect too. */
  lastFrame(channel: string): FrameTime | null {
    const line = this.#lines.of(channel)
    if (line === undefined || line.subscriptions.awaited(channel) === 'subscribe') return null
    return line.lastFrame
  }

  clockOffset(): OffsetEstimate | null {
    return this.#lines.clockOffset()
  }

  resync(channel: string, reason: ResyncReason): void {
    this.#lines.of(channel)?.resync(channel, reason)
  }

  oldestProbeAgeMs(): number {
    return Math.max(...this.#lines.all.map((line) => line.oldestProbeAgeMs))
  }

  isMaintenance(): boolean {
    return this.#deps.isMaintenance()
  }

  /** Wall clock of the newest frame of the connection most behind, epoch ms; null before the first. */
  lastFrameTimeMs(): number | null {
    return this.#lines.oldestFrame()?.timeMs ?? null
  }

  /** Instruments that MAX_INSTRUMENTS keeps out. */
  get leftOutCount(): number {
    return this.#leftOutCount
  }

  /** What the exchange says of the instruments that are carried, as far as it has said it. */
  instruments(): readonly InstrumentInfo[] {
    return this.#directory.infos()
  }

  /** Unit of the amounts of an instrument; null before the exchange has said what it is. */
  amountUnitOf(instrument: string): string | null {
    return this.#directory.info(instrument)?.amountUnit ?? null
  }

  health(): FeedHealth {
    const lines = this.#lines.all
    const subscriptions = lines.map((line) => line.subscriptions)
    const suspended = lines.flatMap((line) => line.channels.suspensions.list())
    const refusedCount = suspended.filter(({ reason }) => reason === 'refused').length
    return {
      isConnected: lines.every((line) => line.isConnected),
      lastFrameMonotonicMs: this.#lines.oldestFrame()?.monotonicMs ?? null,
      requestedChannels: subscriptions.reduce((sum, set) => sum + set.requestedCount, 0),
      acknowledgedChannels: subscriptions.reduce((sum, set) => sum + set.acknowledgedCount, 0),
      missingChannels: subscriptions.flatMap((set) => set.missing(MAX_NAMED)).slice(0, MAX_NAMED),
      suspendedChannels: suspended.slice(0, MAX_NAMED),
      refusedCount,
      suspendedCount: suspended.length - refusedCount,
      problem: lines.find((line) => line.problem !== null)?.problem ?? null,
    }
  }

  #onLoaded(): void {
    this.#sync()
    this.#deps.sink.onInstruments(this.#directory.infos())
  }

  /** Carries what is wanted now, and nothing else. */
  #sync(): void {
    const { instruments, leftOut } = this.#directory.wanted()
    this.#noteLeftOut(leftOut)
    const wanted = new Set(instruments)
    for (const instrument of this.#carried) if (!wanted.has(instrument)) this.#drop(instrument)
    for (const instrument of instruments) {
      if (this.#carried.has(instrument)) continue
      this.#carried.add(instrument)
      this.#deps.sink.onCarried(instrument)
      this.#lines.carry(this.#channelsOf(instrument))
    }
    this.#lines.refresh()
  }

  #drop(instrument: string): void {
    this.#carried.delete(instrument)
    const channels = this.#channelsOf(instrument)
    this.#lines.drop(channels)
    for (const channel of channels) this.#deps.sink.onDropped(channel)
    this.#deps.sink.onReleased(instrument)
  }

  #channelsOf(instrument: string): string[] {
    const { book, withTrades } = this.#options
    const channel = bookChannel(instrument, book)
    return withTrades ? [channel, tradesChannel(instrument, book.interval)] : [channel]
  }

  #noteLeftOut(leftOut: readonly string[]): void {
    if (leftOut.length > 0 && leftOut.length !== this.#leftOutCount) {
      const named = leftOut.slice(0, MAX_NAMED)
      this.#deps.logger.warn({ count: leftOut.length, named }, 'instruments above the cap left out')
    }
    this.#leftOutCount = leftOut.length
  }

  /** Hears what the exchange says of instruments before the sink does. */
  #tap(sink: FeedSink): FeedSink {
    return {
      onCarried: (instrument) => sink.onCarried(instrument),
      onReleased: (instrument) => sink.onReleased(instrument),
      onBook: (frame, receipt) => sink.onBook(frame, receipt),
      onTrades: (frame, receipt) => sink.onTrades(frame, receipt),
      onBrokenBook: (channel) => sink.onBrokenBook(channel),
      onInstruments: (infos) => sink.onInstruments(infos),
      onInstrumentWord: (instrument, word) => this.#onWord(instrument, word),
      onMaintenance: (isMaintenance) => {
        if (!isMaintenance && this.#deps.isMaintenance()) this.#loader.loadAll()
        sink.onMaintenance(isMaintenance)
      },
      onIndexLock: (priceIndex, isLocked) => sink.onIndexLock(priceIndex, isLocked),
      onLockedIndices: (priceIndices) => sink.onLockedIndices(priceIndices),
      onProbeFailed: (channel) => sink.onProbeFailed(channel),
      onDropped: (channel) => sink.onDropped(channel),
    }
  }

  #onWord(instrument: string, word: InstrumentWord): void {
    const isCarried = this.#carried.has(instrument)
    // Of the thousands that are not ours nothing is kept.
    if (isCarried) this.#deps.sink.onInstrumentWord(instrument, word)
    const outdated = this.#directory.takeWord(instrument, word)
    if (outdated === 'lists') this.#loader.reload()
    else if (outdated === 'instrument' && isCarried) this.#loader.reread(instrument)
    if (isCarried && isFinalWord(word)) this.#sync()
    else if (isCarried && word === 'open') {
      this.#lines.resumeRefused(this.#channelsOf(instrument))
      this.#lines.refresh()
    }
  }
}
