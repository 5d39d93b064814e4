import { checkpointFrames } from '../../src/deribit/protocol/checkpoint-frame.ts'
import { MessageParser } from '../../src/deribit/protocol/parse-message.ts'
import { ChannelStates } from '../../src/ingest/channels.ts'
import { Checkpoints } from '../../src/ingest/checkpoints.ts'
import { Ingest } from '../../src/ingest/ingest.ts'
import { InstrumentStatuses } from '../../src/ingest/instrument-status.ts'
import { createIngestMetrics } from '../../src/ingest/metrics.ts'
import { ReceiptTime } from '../../src/ingest/receipt-time.ts'
import type { FeedControl, OffsetEstimate, ResyncReason } from '../../src/model/feed.ts'
import type { Receipt } from '../../src/model/frames.ts'
import { noTracing, type Tracing } from '../../src/model/telemetry.ts'
import type { OnKeysMoved, OutgoingRecord, TopicProducer } from '../../src/model/topic.ts'
import * as catalogue from '../../src/observability/catalogue/catalogue.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { recordingLogger } from '../http/fakes.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** Keeps the records that it is given. */
class FakeProducer implements TopicProducer {
  readonly sent: OutgoingRecord[] = []
  /** Channels that it wants to restart; a full record removes one. */
  readonly cut = new Set<string>()
  isOverloaded = false

  start(): Promise<void> {
    return Promise.resolve()
  }

  send(record: OutgoingRecord): void {
    this.sent.push(record)
    if (record.isWhole) this.cut.delete(record.channel)
  }

  channelsToRestart(): Iterable<string> {
    return [...this.cut]
  }

  /** Topics of the frames that were superseded before they became records. */
  readonly superseded: string[] = []

  noteSuperseded(topic: string): void {
    this.superseded.push(topic)
  }

  /** Keys have moved to other partitions. */
  move: OnKeysMoved = () => undefined

  whenKeysMove(onKeysMoved: OnKeysMoved): void {
    this.move = onKeysMoved
  }

  forgetChannel(_topic: string, channel: string): void {
    this.cut.delete(channel)
  }

  flush(): Promise<number> {
    return Promise.resolve(0)
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }

  health() {
    return { isConnected: true, isDelivering: true, problem: null }
  }
}

/** A feed whose connection is controlled by the test. */
class FakeFeed implements FeedControl {
  readonly #clock: FakeClock
  readonly resyncs: [channel: string, reason: ResyncReason][] = []
  offset: OffsetEstimate | null = null
  isAlive = true
  #last: { wallMs: number; monotonicMs: number } | null = null

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  lastFrame(): { wallMs: number; monotonicMs: number } | null {
    if (this.isAlive)
      this.#last = { wallMs: this.#clock.nowMs(), monotonicMs: this.#clock.monotonicMs() }
    return this.#last
  }

  clockOffset(): OffsetEstimate | null {
    return this.offset
  }

  resync(channel: string, reason: ResyncReason): void {
    this.resyncs.push([channel, reason])
  }
}

export const CHECKPOINT_MS = 2000
export const SNAPSHOT_MS = 30_000

/** Complete ingest, between a feed and a producer controlled by the test. */
export function ingestFixture({ tracing = noTracing }: { tracing?: Tracing } = {}) {
  const clock = new FakeClock()
  const registry = new MetricRegistry({ role: 'all' })
  const metrics = createIngestMetrics(registry)
  const logger = recordingLogger()
  const producer = new FakeProducer()
  const feed = new FakeFeed(clock)
  const statuses = new InstrumentStatuses()
  const channelStates = new ChannelStates({ snapshotMs: SNAPSHOT_MS }, clock)
  const receiptTime = new ReceiptTime(
    { isStepHeld: true },
    { clock, clockOffset: () => feed.clockOffset(), logger },
  )
  const checkpoints = new Checkpoints(
    { booksTopic: 'prices', checkpointMs: CHECKPOINT_MS, snapshotMs: SNAPSHOT_MS },
    {
      frames: checkpointFrames,
      producer,
      channelStates,
      statuses,
      feed: () => feed,
      receiptTime,
      clock,
    },
  )
  const ingest = new Ingest(
    { booksTopic: 'prices', tradesTopic: 'trades', isIncremental: true },
    {
      producer,
      channelStates,
      checkpoints,
      statuses,
      feed: () => feed,
      receiptTime,
      metrics,
      tracing,
      clock,
      logger,
    },
  )

  const parser = new MessageParser()
  /** Passes one frame to ingest as the feed would. */
  const receive = (text: string, answers: Receipt['answers'] = null): void => {
    const bytes = Buffer.from(text)
    const receipt = {
      bytes,
      receivedTimeMs: clock.nowMs(),
      receivedMonotonicMs: clock.monotonicMs(),
      answers,
    }
    const message = parser.parse(bytes)
    if (message.type === 'book') ingest.onBook(message, receipt)
    else if (message.type === 'trades') ingest.onTrades(message, receipt)
    else if (message.type === 'invalid' && message.channel !== null) {
      ingest.onBrokenBook(message.channel)
    }
  }

  return {
    clock,
    registry,
    producer,
    feed,
    statuses,
    channelStates,
    checkpoints,
    ingest,
    logger,
    receive,
    /** Returns the records sent since the last call. */
    sent: () => producer.sent.splice(0),
    frames: (kind: 'book' | 'trades') =>
      registry.counter(catalogue.feedFrames).series({ kind }).value,
    badLevels: () =>
      registry.counter(catalogue.feedInvalidFrames).series({ reason: 'level' }).value,
    silentResyncs: () => registry.counter(catalogue.resyncs).series({ reason: 'silent' }).value,
    gaps: (instrument: string) => registry.counter(catalogue.gaps).series({ instrument }).value,
    skews: () => registry.counter(catalogue.clockSkewEvents).series({}).value,
    lagSum: () => metrics.exchangeToReceive.sum,
    lagCount: () => metrics.exchangeToReceive.counts.reduce((sum, count) => sum + count, 0),
  }
}
