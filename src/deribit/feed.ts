import type {
  FeedControl,
  FeedHealth,
  FeedSink,
  OffsetEstimate,
  ResyncReason,
} from '../model/feed.ts'
import type { InstrumentInfo, InstrumentStatus } from '../model/status.ts'
import type { Instant } from '../time/clock.ts'
import { ConnectionPool } from './connection/connection-pool.ts'
import type { FeedConnectionDeps } from './connection/feed-connection.ts'
import { DirectoryLoader } from './instruments/directory-loader.ts'
import {
  InstrumentDirectory,
  isFinalStatus,
  parseSelector,
} from './instruments/instrument-directory.ts'
import { bookChannel, type BookChannelOptions, tradesChannel } from './protocol/channels.ts'
import type { Credentials } from './socket/auth.ts'
import type { ProxyAddress } from './socket/proxy-tunnel.ts'

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
  /** A book without a frame for this long is requested again. */
  silenceMs: number
}

export interface FeedDeps extends Omit<FeedConnectionDeps, 'limiter' | 'onReady' | 'onLost'> {
  isMaintenance: () => boolean
}

/** The exchange edge: wants the books (and trades) of the instruments, hands frames to the sink. */
export class Feed implements FeedControl {
  readonly #options: FeedOptions
  readonly #deps: FeedDeps
  readonly #directory: InstrumentDirectory
  readonly #loader: DirectoryLoader
  readonly #connections: ConnectionPool
  readonly #carried = new Set<string>()
  #overLimitCount = 0

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
    this.#connections = new ConnectionPool(
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
        onReady: (rpcSocket) => this.#loader.start(rpcSocket),
        onLost: () => this.#loader.stop(),
      },
    )
    this.#sync()
  }

  start(): void {
    this.#connections.start()
  }

  /** Closes the connections; no frame comes after it. Idempotent. */
  stop(): void {
    this.#loader.stop()
    this.#connections.stop()
  }

  /** A connection carries a channel only from its first frame on: null before, after a reconnect too. */
  lastFrame(channel: string): Instant | null {
    const connection = this.#connections.of(channel)
    if (connection === undefined || connection.subscriptions.awaited(channel) === 'subscribe')
      return null
    return connection.lastFrame
  }

  clockOffset(): OffsetEstimate | null {
    return this.#connections.clockOffset()
  }

  resync(channel: string, reason: ResyncReason): void {
    this.#connections.of(channel)?.resync(channel, reason)
  }

  oldestProbeAgeMs(): number {
    return Math.max(...this.#connections.all.map((connection) => connection.oldestProbeAgeMs))
  }

  isMaintenance(): boolean {
    return this.#deps.isMaintenance()
  }

  /** Wall clock of the newest frame of the connection most behind, epoch ms; null before the first. */
  lastFrameTimeMs(): number | null {
    return this.#connections.oldestFrame()?.wallMs ?? null
  }

  /** Instruments that MAX_INSTRUMENTS keeps out. */
  get overLimitCount(): number {
    return this.#overLimitCount
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
    const connections = this.#connections.all
    const subscriptions = connections.map((connection) => connection.subscriptions)
    const suspended = connections.flatMap((connection) => connection.channels.suspensions.list())
    const refusedCount = suspended.filter(({ reason }) => reason === 'refused').length
    return {
      isConnected: connections.every((connection) => connection.isConnected),
      lastFrameMonotonicMs: this.#connections.oldestFrame()?.monotonicMs ?? null,
      requestedChannels: subscriptions.reduce((sum, set) => sum + set.requestedCount, 0),
      acknowledgedChannels: subscriptions.reduce((sum, set) => sum + set.acknowledgedCount, 0),
      missingChannels: subscriptions.flatMap((set) => set.missing(MAX_NAMED)).slice(0, MAX_NAMED),
      suspendedChannels: suspended.slice(0, MAX_NAMED),
      refusedCount,
      suspendedCount: suspended.length - refusedCount,
      problem: connections.find((connection) => connection.problem !== null)?.problem ?? null,
    }
  }

  #onLoaded(): void {
    this.#sync()
    this.#deps.sink.onInstruments(this.#directory.infos())
  }

  /** Carries what is wanted now, and nothing else. */
  #sync(): void {
    const { instruments, overLimit } = this.#directory.wanted()
    this.#noteOverLimit(overLimit)
    const wanted = new Set(instruments)
    for (const instrument of this.#carried) if (!wanted.has(instrument)) this.#drop(instrument)
    for (const instrument of instruments) {
      if (this.#carried.has(instrument)) continue
      this.#carried.add(instrument)
      this.#deps.sink.onCarried(instrument)
      this.#connections.carry(this.#channelsOf(instrument))
    }
    this.#connections.refresh()
  }

  #drop(instrument: string): void {
    this.#carried.delete(instrument)
    const channels = this.#channelsOf(instrument)
    this.#connections.drop(channels)
    for (const channel of channels) this.#deps.sink.onDropped(channel)
    this.#deps.sink.onReleased(instrument)
  }

  #channelsOf(instrument: string): string[] {
    const { book, withTrades } = this.#options
    const channel = bookChannel(instrument, book)
    return withTrades ? [channel, tradesChannel(instrument, book.interval)] : [channel]
  }

  #noteOverLimit(overLimit: readonly string[]): void {
    if (overLimit.length > 0 && overLimit.length !== this.#overLimitCount) {
      const named = overLimit.slice(0, MAX_NAMED)
      this.#deps.logger.warn(
        { count: overLimit.length, named },
        'instruments above the cap left out',
      )
    }
    this.#overLimitCount = overLimit.length
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
      onInstrumentStatus: (instrument, status) => this.#onStatus(instrument, status),
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

  #onStatus(instrument: string, status: InstrumentStatus): void {
    const isCarried = this.#carried.has(instrument)
    // Of the thousands that are not ours nothing is kept.
    if (isCarried) this.#deps.sink.onInstrumentStatus(instrument, status)
    const outdated = this.#directory.applyStatus(instrument, status)
    if (outdated === 'lists') this.#loader.reload()
    else if (outdated === 'instrument' && isCarried) this.#loader.reread(instrument)
    if (isCarried && isFinalStatus(status)) this.#sync()
    else if (isCarried && status === 'open') {
      this.#connections.resumeRefused(this.#channelsOf(instrument))
      this.#connections.refresh()
    }
  }
}
