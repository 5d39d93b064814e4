import { checkpointFrames } from '../src/deribit/protocol/checkpoint-frame.ts'
import process from 'node:process'
import { setImmediate as turn } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createTracing } from '../src/app/tracing.ts'
import { readConfig } from '../src/config/config.ts'
import { MessageParser } from '../src/deribit/protocol/parse-message.ts'
import { ChannelStates } from '../src/ingest/channels.ts'
import { Checkpoints } from '../src/ingest/checkpoints.ts'
import { Ingest } from '../src/ingest/ingest.ts'
import { InstrumentStatuses } from '../src/ingest/instrument-status.ts'
import { createIngestMetrics } from '../src/ingest/metrics.ts'
import { ReceiptTime } from '../src/ingest/receipt-time.ts'
import type { FeedControl } from '../src/model/feed.ts'
import { MetricRegistry } from '../src/observability/metrics/registry.ts'
import { ActiveSpan } from '../src/observability/tracing/span.ts'
import { systemClock as clock } from '../src/time/clock.ts'
import { createMemoryTopic } from '../src/topic/memory/memory-topic.ts'
import { createConsumerMetrics, createProducerMetrics } from '../src/topic/metrics.ts'
import { medianOf } from './median.ts'
import { createProcessing } from './processing.ts'
import { startTraceSink } from './trace-sink.ts'

/**
 * Measures the cost of tracing on the message path in one process, without sockets and broker: frames
 * parsed, validated, batched, read, validated again; two pipelines, one without tracing, in alternating
 * blocks. In a real service the share is smaller, because a message costs more.
 */
const { values } = parseArgs({
  options: {
    ratio: { type: 'string', default: '0.01' },
    blocks: { type: 'string', default: '40' },
    messages: { type: 'string', default: '20000' },
  },
})
const INSTRUMENTS = 200
const BURST = 100
const logger = { error() {}, warn() {}, info() {}, debug() {} }
const feed: FeedControl = {
  lastFrame: () => null,
  clockOffset: () => ({ offsetMs: 0, uncertaintyMs: 1, roundTripMs: 2 }),
  resync: () => undefined,
}

/** A frame with ten levels per side, as sent by the exchange. */
function frameOf(number: number): Buffer {
  const instrument = `BTC-${number % INSTRUMENTS}`
  const rows = (sign: number) =>
    JSON.stringify(
      Array.from({ length: 10 }, (_, level) => [61_000 + sign * (level + 1) * 0.5, 100 + level]),
    )
  return Buffer.from(
    `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.${instrument}.none.10.100ms","data":{"timestamp":${Date.now()},"instrument_name":"${instrument}","change_id":${number + 1},"bids":${rows(-1)},"asks":${rows(1)}}}}`,
  )
}

async function createPath(environment: Readonly<Record<string, string>>) {
  const registry = new MetricRegistry({ role: 'all' })
  const config = readConfig(environment, { isStrict: true })
  const traces = createTracing(config, {
    registry,
    clock,
    logger,
    random: Math.random,
    activeSpan: new ActiveSpan(),
    version: 'bench',
  })
  await traces.start()
  const { tracing } = traces
  const topic = createMemoryTopic(
    {
      topics: [{ name: 'prices', overflow: 'conflate' }],
      lingerMs: 5,
      batchMaxRecords: 200,
      queueMaxBytes: 67_108_864,
      delayLimitMs: 1000,
      warmupMs: 1000,
    },
    { clock, logger, load: () => 0 },
  )
  const producer = topic.createProducer(createProducerMetrics(registry))
  const channelStates = new ChannelStates({ snapshotMs: 30_000 }, clock)
  const statuses = new InstrumentStatuses()
  const receiptTime = new ReceiptTime(
    { isStepHeld: true },
    { clock, clockOffset: () => feed.clockOffset(), logger },
  )
  const common = { producer, channelStates, statuses, feed: () => feed, receiptTime, clock }
  const checkpoints = new Checkpoints(
    { booksTopic: 'prices', checkpointMs: 2000, snapshotMs: 30_000 },
    { ...common, frames: checkpointFrames },
  )
  const ingest = new Ingest(
    { booksTopic: 'prices', tradesTopic: 'trades', isIncremental: false },
    { ...common, checkpoints, metrics: createIngestMetrics(registry), tracing, logger },
  )
  const { processor, metrics } = createProcessing(
    { namedInstruments: [], bandsBps: [5, 10, 25], maxInstruments: 3000 },
    { registry, clock, tracing, logger },
  )
  const consumer = topic.createConsumer(
    {
      topic: 'prices',
      tradesTopic: null,
      beforeBatch: null,
      startPosition: ({ ends }) => Promise.resolve(ends),
    },
    createConsumerMetrics(registry),
  )
  await producer.start()
  await consumer.start(processor)
  const parser = new MessageParser()
  const consumed = metrics.consumed.series({ topic: 'prices' })
  return {
    traces,
    /** Processes frames in bursts, like a socket, and waits for the last one. @returns CPU in us per frame */
    async run(frames: readonly Buffer[]): Promise<number> {
      const before = process.cpuUsage()
      const end = consumed.value + frames.length
      for (let start = 0; start < frames.length; start += BURST) {
        for (const bytes of frames.slice(start, start + BURST)) {
          const message = parser.parse(bytes)
          if (message.type !== 'book') throw new Error('not a book')
          ingest.onBook(message, {
            bytes,
            receivedTimeMs: clock.nowMs(),
            receivedMonotonicMs: clock.monotonicMs(),
            answers: null,
          })
        }
        await turn()
      }
      while (consumed.value < end) await turn()
      const { user, system } = process.cpuUsage(before)
      return (user + system) / frames.length
    },
    async stop() {
      await producer.stop(1000)
      await consumer.stop()
      await topic.close()
      await traces.stop(5000)
    },
  }
}

const sink = await startTraceSink()
const off = await createPath({})
const on = await createPath({
  OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
  OTEL_TRACES_SAMPLER: 'traceidratio',
  OTEL_TRACES_SAMPLER_ARG: values.ratio,
})
const messages = Number(values.messages)
const spent = { off: [] as number[], on: [] as number[] }
const ratios: number[] = []
for (let block = 0; block < Number(values.blocks) + 2; block += 1) {
  const frames = Array.from({ length: messages }, (_, index) => frameOf(block * messages + index))
  const order = block % 2 === 0 ? (['off', 'on'] as const) : (['on', 'off'] as const)
  const cost = { off: 0, on: 0 }
  for (const word of order) cost[word] = await (word === 'on' ? on : off).run(frames)
  // The first two are warm-up for the compiler.
  if (block < 2) continue
  spent.off.push(cost.off)
  spent.on.push(cost.on)
  ratios.push(cost.on / cost.off)
}
await off.stop()
await on.stop()
sink.stop()
process.stdout.write(
  `off ${medianOf(spent.off).toFixed(2)} us a message, ratio ${values.ratio} ${medianOf(spent.on).toFixed(2)} us: ${medianOf(ratios).toFixed(3)} x off (median of ${ratios.length} blocks); ${sink.bytes()} bytes of traces\n`,
)
process.exit(0)
