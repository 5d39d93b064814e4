import { buildHttpApp, type HttpAppDeps, type HttpAppOptions } from '../../src/http/app.ts'
import { createHttpMetrics } from '../../src/http/metrics.ts'
import type { PipelineReader, PipelineView } from '../../src/model/pipeline.ts'
import type { SignalAxes } from '../../src/model/signals.ts'
import type { SignalsView, SnapshotReader, SnapshotView } from '../../src/model/snapshot.ts'
import type { Logger } from '../../src/model/telemetry.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { systemClock } from '../../src/time/clock.ts'

/** A live book as returned by the store; tests override single fields. */
export function liveView(overrides: Partial<SnapshotView> = {}): SnapshotView {
  return {
    instrument: 'BTC-PERPETUAL',
    state: 'live',
    reason: null,
    sinceMs: 1_790_000_000_000,
    lastUpdateMs: 1_790_000_001_093,
    verifiedTimeMs: 1_790_000_001_101,
    updatesTotal: 7,
    bestBid: { price: 61_000, amount: 24_990 },
    bestAsk: { price: 61_000.5, amount: 18_000 },
    midPrice: 61_000.25,
    weightedMidPrice: 61_000.29,
    spread: 0.5,
    spreadRatio: 0.0000082,
    imbalances: [0.1626, null, -0.02],
    amountUnit: 'USD',
    changeId: 70_000_000_137,
    exchangeTimeMs: 1_790_000_001_093,
    receivedTimeMs: 1_790_000_001_101,
    publishedTimeMs: 1_790_000_001_104,
    ageMs: 42,
    bands: [
      { bid: null, ask: 911_000, imbalance: null, bidCovered: false, askCovered: true },
      { bid: 3, ask: 1, imbalance: 0.5, bidCovered: true, askCovered: true },
    ],
    lastTrade: { price: 61_000.5, amount: 40, side: 'buy', exchangeTimeMs: 1_790_000_000_950 },
    windows: [
      {
        coverage: 0.4,
        orderFlowImbalance: null,
        orderFlowImbalanceRatio: null,
        tradeFlowImbalance: null,
        buyVolume: null,
        sellVolume: null,
        tradeCount: null,
        realizedVolatility: null,
        imbalanceMin: null,
        imbalanceMax: null,
        imbalanceMean: null,
      },
      {
        coverage: 1,
        orderFlowImbalance: 120,
        orderFlowImbalanceRatio: 0.4,
        tradeFlowImbalance: 0.5,
        buyVolume: 30,
        sellVolume: 10,
        tradeCount: 3,
        realizedVolatility: 0.41,
        imbalanceMin: -0.3,
        imbalanceMax: 0.6,
        imbalanceMean: 0.1,
      },
    ],
    signals: null,
    bids: [
      [61_000, 24_990],
      [60_999.5, 1e-7],
    ],
    asks: [[61_000.5, 18_000]],
    bidLevels: 2,
    askLevels: 1,
    lagMs: { exchangeToReceive: 8, receiveToPublish: 3, total: 11 },
    source: { topic: 'prices', partition: 2, offset: '18234' },
    ...overrides,
  }
}

/** A reader with given books. `null` is an instrument without a snapshot. */
export class FakeSnapshots implements SnapshotReader {
  readonly imbalanceDepths: readonly number[] = [1, 5, 10]
  readonly bandsBps: readonly number[] = [5, 10]
  readonly windowsMs: readonly number[] = [250, 10_000]
  readonly books = new Map<string, SnapshotView | null>()
  readonly foreign = new Map<string, number>()
  readonly signalViews = new Map<string, SignalsView>()
  signalAxes: SignalAxes | null = null

  constructor(...views: SnapshotView[]) {
    for (const view of views) this.books.set(view.instrument, view)
  }

  instruments() {
    return [...this.books.keys()].map((name) => this.#view(name))
  }

  instrument(name: string) {
    return this.books.has(name) ? this.#view(name) : undefined
  }

  snapshot(name: string, depth: number): SnapshotView | null | undefined {
    const view = this.books.get(name)
    if (view === undefined || view === null) return view
    return { ...view, bids: view.bids.slice(0, depth), asks: view.asks.slice(0, depth) }
  }

  summary(name: string) {
    return this.books.get(name)
  }

  signals(name: string): SignalsView | null | undefined {
    if (!this.books.has(name)) return undefined
    return this.signalViews.get(name) ?? null
  }

  foreignPartition(name: string) {
    return this.foreign.get(name)
  }

  #view(name: string) {
    return (
      this.books.get(name) ?? {
        instrument: name,
        state: 'waiting' as const,
        reason: 'no_snapshot' as const,
        sinceMs: 1_790_000_000_000,
        lastUpdateMs: null,
        verifiedTimeMs: null,
        updatesTotal: 0,
      }
    )
  }
}

/** A pipeline without producer and consumer. */
export class FakePipeline implements PipelineReader {
  view: PipelineView = {
    role: 'all',
    feed: null,
    clockOffset: null,
    stages: [],
    delivery: null,
    topics: null,
    partitions: null,
    rejectedRecords: null,
  }

  refresh(): Promise<void> {
    return Promise.resolve()
  }

  read(): PipelineView {
    return this.view
  }
}

export interface LogLine {
  readonly level: string
  readonly fields: object
  readonly message: string
}

export function recordingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const log = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message })
  }
  return {
    lines,
    error: log('error'),
    warn: log('warn'),
    info: log('info'),
    debug: log('debug'),
  }
}

export function httpDeps(overrides: Partial<HttpAppDeps> = {}): HttpAppDeps {
  return {
    version: '0.0.0-test',
    clock: systemClock,
    logger: recordingLogger(),
    metrics: createHttpMetrics(new MetricRegistry({ role: 'all' })),
    render: () =>
      Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: Buffer.from('up 1\n') }),
    snapshots: new FakeSnapshots(liveView()),
    pipeline: new FakePipeline(),
    page: { folder: '/', contentSecurityPolicy: '', problem: null },
    faults: null,
    checks: [],
    isAlive: () => true,
    ...overrides,
  }
}

export const PLAIN: HttpAppOptions = { token: null, tls: null }

export function httpApp(
  overrides: Partial<HttpAppDeps> = {},
  options: Partial<HttpAppOptions> = {},
) {
  return buildHttpApp({ ...PLAIN, ...options }, httpDeps(overrides))
}
