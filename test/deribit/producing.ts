import { checkpointFrames } from '../../src/deribit/protocol/checkpoint-frame.ts'
import { setImmediate } from 'node:timers/promises'
import { Feed, type FeedOptions } from '../../src/deribit/feed.ts'
import { createFeedMetrics } from '../../src/deribit/metrics.ts'
import { ChannelStates } from '../../src/ingest/channels.ts'
import { Checkpoints } from '../../src/ingest/checkpoints.ts'
import { Ingest } from '../../src/ingest/ingest.ts'
import { InstrumentStatuses } from '../../src/ingest/instrument-status.ts'
import { createIngestMetrics } from '../../src/ingest/metrics.ts'
import { ReceiptTime } from '../../src/ingest/receipt-time.ts'
import type { FeedControl } from '../../src/model/feed.ts'
import { noTracing } from '../../src/model/telemetry.ts'
import type { OutgoingRecord, TopicProducer } from '../../src/model/topic.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { recordingLogger } from '../http/fakes.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { FakeClock } from '../support/fake-clock.ts'
import * as frames from '../support/frames.ts'
import { FakeDeribit, type FakeLink } from './fake-deribit.ts'

const TURNS = 50

/** What the exchange sends for a channel: on a new subscription, and at every step of time. */
export interface ChannelFrames {
  /** null = nothing. */
  snapshot: (changeId: number) => string | null
  next: (changeId: number) => string | null
}

/** Subscribed channels of a connection, as the exchange knows them. */
class Subscribed {
  readonly channels = new Set<string>()
  readonly link: FakeLink

  constructor(link: FakeLink) {
    this.link = link
  }
}

/**
 * The exchange edge and the ingest behind it, against an exchange whose channels send what a test
 * says, in time that the test lets pass.
 */
export async function producing(
  framesOf: (channel: string) => ChannelFrames,
  options: Partial<FeedOptions> & { instruments: readonly string[] },
) {
  const exchange = await FakeDeribit.start()
  const clock = new FakeClock()
  const registry = new MetricRegistry({ role: 'all' })
  const metrics = createFeedMetrics(registry)
  const logger = recordingLogger()
  const sent: OutgoingRecord[] = []
  const producer: TopicProducer = {
    start: () => Promise.resolve(),
    send: (record) => sent.push(record),
    isOverloaded: false,
    channelsToRestart: () => [],
    forgetChannel: () => undefined,
    noteSuperseded: () => undefined,
    whenKeysMove: () => undefined,
    flush: () => Promise.resolve(0),
    stop: () => Promise.resolve(),
    health: () => ({ isConnected: true, isDelivering: true, problem: null }),
  }
  const channelStates = new ChannelStates({ snapshotMs: 30_000 }, clock)
  const words = new InstrumentStatuses()
  const control = (): FeedControl => feed
  const receiptTime = new ReceiptTime(
    { isStepHeld: true },
    { clock, clockOffset: () => control().clockOffset(), logger },
  )
  const checkpoints = new Checkpoints(
    { booksTopic: 'prices', checkpointMs: 2000, snapshotMs: 30_000 },
    {
      frames: checkpointFrames,
      producer,
      channelStates,
      statuses: words,
      feed: control,
      receiptTime,
      clock,
    },
  )
  const sink = new Ingest(
    { booksTopic: 'prices', tradesTopic: 'trades', isIncremental: false },
    {
      producer,
      channelStates,
      checkpoints,
      statuses: words,
      feed: control,
      receiptTime,
      metrics: createIngestMetrics(registry),
      tracing: noTracing,
      clock,
      logger,
    },
  )
  const feed = new Feed(
    {
      url: exchange.url,
      maxInstruments: 5000,
      book: { mode: 'grouped', group: 'none', depth: 10, interval: '100ms' },
      withTrades: false,
      deadAfterMs: 1e9,
      silenceMs: 1e9,
      ...options,
    },
    { clock, metrics, logger, sink, random: () => 0.5, isMaintenance: () => false },
  )
  registerCleanUp(() => {
    feed.stop()
    checkpoints.stop()
  })

  let changeId = 1_000_000
  const subscribed = new Map<FakeLink, Subscribed>()
  const of = (link: FakeLink) => {
    const known = subscribed.get(link) ?? new Subscribed(link)
    subscribed.set(link, known)
    return known
  }
  /** Which of the channels of a subscribe call are acknowledged; a text is the whole answer. */
  let acknowledge: (channels: readonly string[], link: FakeLink) => readonly string[] | string = (
    channels,
  ) => channels
  exchange.answer = ({ id, method, params }, link) => {
    const channels = params.channels ?? []
    const carried = of(link).channels
    if (method === 'public/unsubscribe') for (const channel of channels) carried.delete(channel)
    if (method !== 'public/subscribe') return undefined
    const taken = acknowledge(channels, link)
    if (typeof taken === 'string') return taken.replace('$id', String(id))
    const fresh = taken.filter((channel) => !carried.has(channel))
    for (const channel of fresh) carried.add(channel)
    queueMicrotask(() => {
      for (const channel of fresh) {
        const text = framesOf(channel).snapshot(++changeId)
        if (text !== null) link.send(text)
      }
    })
    return frames.answer(id, JSON.stringify(taken))
  }

  /** Waits until pending messages have arrived at both ends. */
  const settle = async () => {
    for (const link of exchange.links) {
      if (link.isClosed) continue
      const heartbeats = metrics.frames.series({ kind: 'heartbeat' })
      const before = heartbeats.value
      link.send(frames.HEARTBEAT)
      await eventually(() => link.isClosed || heartbeats.value > before, { intervalMs: 1 })
    }
    const newest = exchange.links.at(-1)
    if (newest?.isClosed === true) {
      await eventually(() => !feed.health().isConnected || exchange.links.at(-1) !== newest)
    }
    // A connection that is being made needs some ticks of the event loop, and raises no event here.
    for (let turn = 0; turn < TURNS && !feed.health().isConnected; turn += 1) await setImmediate()
  }
  /** Lets time pass in steps; at each of them every subscribed channel sends its next frame. */
  const pass = async (ms: number, stepMs = 500, onStep: () => void = () => undefined) => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      clock.advance(stepMs)
      for (const { link, channels } of subscribed.values()) {
        if (link.isClosed) continue
        for (const channel of channels) {
          const text = framesOf(channel).next(++changeId)
          if (text !== null) link.send(text)
        }
      }
      await settle()
      onStep()
    }
  }
  const start = async () => {
    feed.start()
    checkpoints.start()
    await (await exchange.link(1)).called('public/subscribe')
    await settle()
  }
  return {
    exchange,
    clock,
    feed,
    logger,
    metrics,
    sent,
    pass,
    start,
    /** Calls of a method on all connections. */
    calls: (method: string) => exchange.links.flatMap((link) => link.of(method)),
    setAcknowledge: (next: typeof acknowledge) => {
      acknowledge = next
    },
  }
}

export const groupedChannel = (instrument: string) => `book.${instrument}.none.10.100ms`
export const changeChannel = (instrument: string) => `book.${instrument}.100ms`
