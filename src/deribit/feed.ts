import type { FeedControl, FeedHealth, OffsetEstimate, ResyncReason } from '../model/feed.ts'
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
  /** Proxy for the exchange. Default: direct connection. */
  proxy?: ProxyAddress | undefined
  credentials?: Credentials
  /** Instrument names and selectors `kind:currency`, in order of priority. */
  instruments: readonly string[]
  maxInstruments: number
  /** Whether an instrument is in the shard of this producer. Default: all are. */
  isInShard?: (instrument: string) => boolean
  book: BookChannelOptions
  withTrades: boolean
  /** A connection without any frame for this long is dead. */
  deadAfterMs: number
  /** A book without a frame for this long is requested again. */
  silenceMs: number
}

export interface FeedDeps extends Omit<
  FeedConnectionDeps,
  'limiter' | 'notifications' | 'onReady' | 'onLost'
> {
  isMaintenance: () => boolean
}

/** Subscribes to books (and trades) of the instruments and passes their frames to the sink. */
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
      ...(options.isInShard === undefined ? {} : { isInShard: options.isInShard }),
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
        notifications: {
          onInstrumentStatus: (instrument, status) => this.#onStatus(instrument, status),
          onMaintenance: (isMaintenance) => this.#onMaintenance(isMaintenance),
          onIndexLock: (priceIndex, isLocked) => deps.sink.onIndexLock(priceIndex, isLocked),
        },
        onReady: (rpcSocket) => this.#loader.start(rpcSocket),
        onLost: () => this.#loader.stop(),
      },
    )
    this.#sync()
  }

  start(): void {
    this.#connections.start()
  }

  /** Closes the connections; no frame is passed afterwards. Idempotent. */
  stop(): void {
    this.#loader.stop()
    this.#connections.stop()
  }

  /** Returns the receipt of the newest frame; null before the first frame of a channel on a connection. */
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

  /** Receipt time of the newest frame on the connection that is most behind, epoch ms; null before any. */
  lastFrameTimeMs(): number | null {
    return this.#connections.oldestFrame()?.wallMs ?? null
  }

  /** Number of wanted instruments within the limit; null while the lists of a selector are unknown. */
  expectedCount(): number | null {
    return this.#directory.isListed ? this.#carried.size : null
  }

  /** Whether an instrument is wanted, within the limit. */
  isWanted(instrument: string): boolean {
    return this.#carried.has(instrument)
  }

  /** Number of instruments over MAX_INSTRUMENTS. */
  get overLimitCount(): number {
    return this.#overLimitCount
  }

  /** Returns the known instrument data of the subscribed instruments. */
  instruments(): readonly InstrumentInfo[] {
    return this.#directory.infos()
  }

  /** Returns the amount unit of an instrument; null before its data is loaded. */
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
      wantedCount: this.#carried.size,
      hasBook: this.#hasBook(),
      missingChannels: subscriptions.flatMap((set) => set.missing(MAX_NAMED)).slice(0, MAX_NAMED),
      suspendedChannels: suspended.slice(0, MAX_NAMED),
      refusedCount,
      suspendedCount: suspended.length - refusedCount,
      problem: connections.find((connection) => connection.problem !== null)?.problem ?? null,
    }
  }

  #hasBook(): boolean {
    for (const instrument of this.#carried) {
      const channel = bookChannel(instrument, this.#options.book)
      if (this.#connections.of(channel)?.subscriptions.isAcknowledged(channel) === true) return true
    }
    return false
  }

  #onLoaded(): void {
    this.#sync()
    this.#deps.sink.onInstruments(this.#directory.infos())
  }

  /** Subscribes to the channels of the wanted instruments and drops all others. */
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
        'instruments over MAX_INSTRUMENTS are skipped',
      )
    }
    this.#overLimitCount = overLimit.length
  }

  #onMaintenance(isMaintenance: boolean): void {
    if (!isMaintenance && this.#deps.isMaintenance()) this.#loader.loadAll()
    this.#deps.sink.onMaintenance(isMaintenance)
  }

  #onStatus(instrument: string, status: InstrumentStatus): void {
    const isCarried = this.#carried.has(instrument)
    // Notifications of instruments that are not subscribed are not kept.
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
