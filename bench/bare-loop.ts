import process from 'node:process'
import { Kafka, type Message, Partitioners } from 'kafkajs'
import { WebSocket } from 'ws'
import { chunkChannels } from '../src/deribit/protocol/channels.ts'
import { LAG_BUCKETS_SECONDS } from '../src/observability/catalogue/histogram-buckets.ts'
import { HistogramSeries } from '../src/observability/metrics/histogram.ts'
import type { Counts, SubjectOptions } from './subject.ts'

/*
 * Minimal baseline: ws -> batch -> kafkajs -> consume -> JSON.parse -> a sum. No
 * validation, state, limits or metrics. The difference is what the service's guarantees cost.
 */

const PARTITIONS = 4
const LINGER_MS = 5
const BATCH_MAX = 1000

const options = JSON.parse(process.argv[2] ?? '{}') as SubjectOptions
const kafka = new Kafka({ brokers: [options.brokers], logLevel: 0 })
const lag = new HistogramSeries(LAG_BUCKETS_SECONDS)
let received = 0
let produced = 0
let consumed = 0
let sum = 0

const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ topics: [{ topic: options.topic, numPartitions: PARTITIONS }] })
await admin.disconnect()

const consumer = kafka.consumer({ groupId: options.topic, maxWaitTimeInMs: 100 })
await consumer.connect()
await consumer.subscribe({ topics: [options.topic] })
const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
await consumer.run({
  eachBatchAutoResolve: true,
  partitionsConsumedConcurrently: PARTITIONS,
  eachBatch: ({ batch }) => {
    for (const { value, timestamp } of batch.messages) {
      const frame = JSON.parse(String(value)) as { params: { data: { bids: number[][] } } }
      sum += frame.params.data.bids[0]?.[0] ?? 0
      consumed += 1
      lag.observe((Date.now() - Number(timestamp)) / 1000)
    }
    return Promise.resolve()
  },
})
await joined

const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
await producer.connect()
const queues: Message[][] = Array.from({ length: PARTITIONS }, () => [])
const isSending: boolean[] = Array.from({ length: PARTITIONS }, () => false)

async function flush(partition: number): Promise<void> {
  const queue = queues[partition]
  if (queue === undefined || isSending[partition] === true || queue.length === 0) return
  isSending[partition] = true
  const messages = queue.splice(0, BATCH_MAX)
  await producer.send({ topic: options.topic, messages })
  produced += messages.length
  isSending[partition] = false
  if (queue.length >= BATCH_MAX) await flush(partition)
}

setInterval(() => {
  for (let partition = 0; partition < PARTITIONS; partition += 1) void flush(partition)
}, LINGER_MS)

const socket = new WebSocket(options.exchangeUrl, { perMessageDeflate: false })
socket.on('message', (data: Buffer) => {
  // Responses to calls are few and small.
  if (data.includes('"result"')) return
  const partition = received % PARTITIONS
  received += 1
  const queue = queues[partition]
  queue?.push({ value: Buffer.from(data), partition, timestamp: String(Date.now()) })
  if ((queue?.length ?? 0) >= BATCH_MAX) void flush(partition)
})
socket.on('open', () => {
  const channels = options.instruments.map((name) => `book.${name}.none.10.100ms`)
  for (const [id, chunk] of chunkChannels(channels).entries()) {
    const params = { channels: chunk }
    setTimeout(() => {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'public/subscribe', params }))
    }, id * 350)
  }
})

process.on('message', () => {
  const counts: Counts = { received, produced, consumed, dropped: 0, lag: [...lag.counts] }
  process.send?.(counts)
})
process.on('SIGTERM', () => process.exit(sum > 0 ? 0 : 1))
