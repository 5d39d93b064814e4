import process from 'node:process'
import type { OutgoingRecord, RecordHandler } from '../src/model/topic.ts'
import { MetricRegistry } from '../src/observability/metrics/registry.ts'
import { systemClock } from '../src/time/clock.ts'
import { EventLoopLoad } from '../src/time/event-loop-load.ts'
import { createKafkaTopic } from '../src/topic/kafka/kafka-topic.ts'
import { createConsumerMetrics, createProducerMetrics } from '../src/topic/metrics.ts'

const RECORD_BYTES = 725
const KEYS = Array.from({ length: 200 }, (_, number) => `BOOK-${number}`)
/** Records published before waiting for the queue: well below its limit. */
const BURST = 20_000

export interface TopicRates {
  readonly acks: 'all' | '1'
  readonly producedPerSecond: number
  readonly produceMicroseconds: number
  readonly consumedPerSecond: number
  readonly consumeMicroseconds: number
}

/** Measures how fast the topic alone writes and reads `count` records, and the CPU per record. */
export async function measureTopic(
  brokers: string,
  topic: string,
  acks: 'all' | '1',
  count: number,
): Promise<TopicRates> {
  const registry = new MetricRegistry({ role: 'all' })
  const logger = { debug() {}, info() {}, warn: console.warn, error: console.error }
  const kafka = createKafkaTopic(
    {
      connection: { brokers: [brokers], tls: null, sasl: null },
      topics: [{ name: topic, overflow: 'refuse' }],
      partitions: 4,
      replicationFactor: 1,
      retentionMs: 3_600_000,
      retentionBytes: 4_294_967_296,
      acks,
      lingerMs: 5,
      batchMaxRecords: 200,
      queueMaxBytes: 256 << 20,
      delayLimitMs: 60_000,
    },
    {
      clock: systemClock,
      logger,
      load: new EventLoopLoad(systemClock).read,
      onFatal: (error) => {
        throw error
      },
    },
  )
  const producer = kafka.createProducer(createProducerMetrics(registry))
  await producer.start()
  const produce = await timed(count, async () => {
    for (let from = 0; from < count; from += BURST) {
      for (let index = from; index < Math.min(count, from + BURST); index += 1) {
        producer.send(record(topic, index))
      }
      await producer.flush(60_000)
    }
  })
  const counts = producer.counts()[0]
  if (counts?.produced !== count) throw new Error(`produced ${counts?.produced} of ${count}`)
  const consumer = kafka.createConsumer(
    {
      topic,
      tradesTopic: null,
      beforeBatch: null,
      groupId: topic,
      startPosition: ({ partitions }) =>
        Promise.resolve(new Map(partitions.map((partition) => [partition, 0n]))),
    },
    createConsumerMetrics(registry),
  )
  const reader = countingHandler(count)
  await consumer.start(reader.handler)
  await reader.hasBegun
  const consume = await timed(count, () => reader.isDone)
  await Promise.all([consumer.stop(5000), producer.stop(5000)])
  await kafka.close(5000)
  return {
    acks,
    producedPerSecond: produce.perSecond,
    produceMicroseconds: produce.microseconds,
    consumedPerSecond: consume.perSecond,
    consumeMicroseconds: consume.microseconds,
  }
}

function record(topic: string, index: number): OutgoingRecord {
  const key = KEYS[index % KEYS.length] ?? ''
  return {
    topic,
    key,
    channel: key,
    value: Buffer.alloc(RECORD_BYTES, 'x'),
    timestampMs: Date.now(),
    kind: 'frame',
    isWhole: true,
    receivedMonotonicMs: performance.now(),
  }
}

function countingHandler(count: number) {
  let read = 0
  const begun = Promise.withResolvers<undefined>()
  const done = Promise.withResolvers<undefined>()
  const handler: RecordHandler = {
    onPartitionCount: () => undefined,
    onAssigned: () => undefined,
    onRevoked: () => undefined,
    onCaughtUp: () => undefined,
    onUnreadable: () => undefined,
    supersedableChannel: () => null,
    onSuperseded: () => undefined,
    onRecord: () => {
      read += 1
      if (read === 1) begun.resolve(undefined)
      if (read === count) done.resolve(undefined)
    },
  }
  return { handler, hasBegun: begun.promise, isDone: done.promise }
}

/** CPU of this process: the client's share, without the broker. */
async function timed(count: number, work: () => Promise<unknown>) {
  const [startedMs, cpuBefore] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(cpuBefore)
  const seconds = (performance.now() - startedMs) / 1000
  return { perSecond: count / seconds, microseconds: (user + system) / count }
}
