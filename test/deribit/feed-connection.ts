import { SUBSCRIBE_CALLS } from '../../src/deribit/connection/connection-pool.ts'
import { FeedConnection } from '../../src/deribit/connection/feed-connection.ts'
import { Feed, type FeedOptions } from '../../src/deribit/feed.ts'
import { createFeedMetrics } from '../../src/deribit/metrics.ts'
import type { ProxyAddress } from '../../src/deribit/socket/proxy-tunnel.ts'
import type { FeedSink } from '../../src/model/feed.ts'
import type { BookFrame, Receipt, TradesFrame } from '../../src/model/frames.ts'
import type { InstrumentInfo, InstrumentStatus } from '../../src/model/status.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { TokenBucket } from '../../src/time/pacing.ts'
import { recordingLogger } from '../http/fakes.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { FakeClock } from '../support/fake-clock.ts'
import * as frames from '../support/frames.ts'

interface Received<Frame> {
  readonly frame: Frame
  readonly text: string
  readonly answers: Receipt['answers']
}

/** Keeps what it is given. */
class FakeSink implements FeedSink {
  readonly carried = new Set<string>()
  readonly books: Received<BookFrame>[] = []
  readonly trades: Received<TradesFrame>[] = []
  readonly broken: string[] = []
  readonly infos: InstrumentInfo[] = []
  readonly statuses: [string, InstrumentStatus][] = []
  readonly maintenance: boolean[] = []
  readonly locks: [string, boolean][] = []
  readonly lockedIndices: string[][] = []
  readonly failedProbes: string[] = []
  readonly dropped: string[] = []
  /** Whether the levels of a frame are valid. */
  isValid: (frame: BookFrame) => boolean = () => true
  isOverloaded = false
  superseded = 0

  onSuperseded(): void {
    this.superseded += 1
  }

  onBook(frame: BookFrame, { bytes, answers }: Receipt): boolean {
    this.books.push({ frame, text: bytes.toString('utf8'), answers })
    return this.isValid(frame)
  }

  onTrades(frame: TradesFrame, { bytes, answers }: Receipt): void {
    this.trades.push({ frame, text: bytes.toString('utf8'), answers })
  }

  onBrokenBook(channel: string): void {
    this.broken.push(channel)
  }

  onInstruments(infos: readonly InstrumentInfo[]): void {
    this.infos.splice(0, Infinity, ...infos)
  }

  onInstrumentStatus(instrument: string, status: InstrumentStatus): void {
    this.statuses.push([instrument, status])
  }

  onMaintenance(isMaintenance: boolean): void {
    this.maintenance.push(isMaintenance)
  }

  onIndexLock(priceIndex: string, isLocked: boolean): void {
    this.locks.push([priceIndex, isLocked])
  }

  onLockedIndices(priceIndices: readonly string[]): void {
    this.lockedIndices.push([...priceIndices])
  }

  onProbeFailed(channel: string): void {
    this.failedProbes.push(channel)
  }

  onDropped(channel: string): void {
    this.dropped.push(channel)
  }

  onCarried(instrument: string): void {
    this.carried.add(instrument)
  }

  onReleased(instrument: string): void {
    this.carried.delete(instrument)
  }
}

export interface TestConnectionOptions {
  channels?: readonly string[]
  deadAfterMs?: number
  silenceMs?: number
  credentials?: { clientId: string; clientSecret: string }
  proxy?: ProxyAddress
}

function parts() {
  const clock = new FakeClock()
  const metrics = createFeedMetrics(new MetricRegistry({ role: 'all' }))
  const logger = recordingLogger()
  const sink = new FakeSink()
  return { clock, metrics, logger, sink, notifications: sink, random: () => 0 }
}

/** A connection that is stopped with the test and uses a manual clock. */
export function connectionTo(url: string, options: TestConnectionOptions = {}) {
  const deps = parts()
  const connection = new FeedConnection(
    {
      url,
      channels: options.channels ?? [frames.BTC_GROUPED, frames.BTC_TRADES],
      deadAfterMs: options.deadAfterMs ?? 5000,
      silenceMs: options.silenceMs ?? 60_000,
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      proxy: options.proxy,
    },
    { ...deps, limiter: new TokenBucket(SUBSCRIBE_CALLS, deps.clock) },
  )
  registerCleanUp(() => connection.stop())
  return { ...deps, connection }
}

export function feedTo(
  url: string,
  instruments: readonly string[] = [frames.BTC, frames.ETH],
  more: Partial<FeedOptions> = {},
  isMaintenance: () => boolean = () => false,
) {
  const deps = parts()
  const feed = new Feed(
    {
      url,
      instruments,
      maxInstruments: 3000,
      book: { mode: 'grouped', group: 'none', depth: 10, interval: '100ms' },
      withTrades: false,
      deadAfterMs: 5000,
      silenceMs: 60_000,
      ...more,
    },
    { ...deps, isMaintenance },
  )
  registerCleanUp(() => feed.stop())
  return { ...deps, feed }
}
