import process from 'node:process'
import v8 from 'node:v8'
import vm from 'node:vm'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { startService, startSimulator, type Reader } from '../pipeline/running-service.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { groupedSnapshot } from '../support/frames.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { isSoak } from '../support/soak.ts'

const RECORDS = isSoak ? 2_000_000 : 200_000
const SPREAD_MS = 50 * 60_000
const BATCH = 400
const LONG = { timeoutMs: 300_000, intervalMs: 50 }

const say = (line: string) => process.stdout.write(`${line}\n`)

/** Writes many snapshots like another client: record `index` of each instrument at `timeMs(index)`. */
async function write(
  topic: string,
  instruments: readonly string[],
  count: number,
  timeMs: (index: number) => number,
): Promise<void> {
  const kafka = new Kafka({ brokers: [brokersOfRun()], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  registerCleanUp(() => producer.disconnect())
  await producer.connect()
  for (let from = 0; from < count; from += BATCH) {
    const messages = Array.from({ length: Math.min(BATCH, count - from) }, (_, offset) => {
      const index = from + offset
      const instrument = instruments[index % instruments.length] ?? ''
      const exchangeTimeMs = timeMs(index)
      const bids = [[60_000 + (index % 100), 10]] as const
      return {
        key: instrument,
        timestamp: String(exchangeTimeMs + 1),
        value: groupedSnapshot({ instrument, changeId: index + 1, exchangeTimeMs, bids }),
      }
    })
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
}

async function madeTopic(): Promise<string> {
  const topic = uniqueTopic('prices')
  const admin = await connectAdmin()
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] })
  return topic
}

const count = async (service: Reader, series: string) =>
  (await service.value(`orderbook_${series}`)) ?? 0

describe('a long topic', { ...needsBroker(), timeout: 600_000 }, () => {
  it('is not read from its beginning, and no value is shown before its end is reached', async () => {
    const topic = await madeTopic()
    const simulator = await startSimulator({ instruments: 20, ratePerSecond: 200 })
    const nowMs = Date.now()
    await write(
      topic,
      simulator.instruments,
      RECORDS,
      (index) => nowMs - SPREAD_MS + Math.floor((index / RECORDS) * SPREAD_MS),
    )
    const shared = {
      KAFKA_BROKERS: brokersOfRun(),
      KAFKA_TOPIC: topic,
      KAFKA_TRADES_TOPIC: `${topic}-trades`,
      KAFKA_GROUP_ID: topic,
      TRADES: 'false',
      INSTRUMENTS: simulator.instruments.join(','),
    }
    const producer = await startService({ ...shared, ROLE: 'producer', DERIBIT_URL: simulator.url })
    await eventually(async () => (await producer.status('/readyz')) === 200)
    const startedMs = performance.now()
    const consumer = await startService({ ...shared, ROLE: 'consumer' })
    await eventually(async () => {
      const { series } = await consumer.metrics()
      for (const [name, mid] of series) {
        if (!name.startsWith('orderbook_mid_price')) continue
        const [, instrument = ''] = /instrument=([^,}]+)/.exec(name) ?? []
        const { bids = [], asks = [] } = simulator.reference(instrument) ?? {}
        const [bid = NaN] = bids[0] ?? []
        const [ask = NaN] = asks[0] ?? []
        // Old snapshots have other prices, so a value of the backlog would be far off.
        if (Math.abs(mid / ((bid + ask) / 2) - 1) > 0.05) throw new Error(`${name} shows ${mid}`)
      }
      return (series.get('orderbook_instruments{state=live}') ?? 0) === simulator.instruments.length
    }, LONG)
    const seconds = (performance.now() - startedMs) / 1000
    const skipped = await count(consumer, `skipped_records_total{topic=${topic}}`)
    const consumed = await count(consumer, `consumed_records_total{topic=${topic}}`)
    say(`${RECORDS} old records: live ${seconds.toFixed(1)} s after the start, ${skipped} skipped`)
    expect(skipped).toBeGreaterThan(RECORDS * 0.9)
    expect(skipped + consumed).toBeGreaterThanOrEqual(RECORDS)
  })

  it('read at full speed does not grow the heap', async () => {
    v8.setFlagsFromString('--expose-gc')
    const collect = vm.runInNewContext('gc') as () => void
    const topic = await madeTopic()
    const instruments = Array.from({ length: 20 }, (_, number) => `BOOK-${number}`)
    const service = await startService({
      ROLE: 'consumer',
      KAFKA_BROKERS: brokersOfRun(),
      KAFKA_TOPIC: topic,
      KAFKA_TRADES_TOPIC: `${topic}-trades`,
      KAFKA_GROUP_ID: topic,
      TRADES: 'false',
    })
    await eventually(
      async () => (await count(service, `consumer_partitions{topic=${topic}}`)) === 4,
    )
    const read = () => count(service, `consumed_records_total{topic=${topic}}`)
    const startMs = Date.now() - 3_600_000
    const writing = write(topic, instruments, RECORDS, (index) => startMs + index)
    const heaps: number[] = []
    const marks = [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]
    for (const mark of marks) {
      await eventually(async () => (await read()) >= RECORDS * mark, LONG)
      collect()
      await sleep(0)
      collect()
      heaps.push(process.memoryUsage().heapUsed / 1e6)
    }
    await writing
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const [first, last] = [mean(heaps.slice(0, 2)), mean(heaps.slice(-2))]
    say(
      `${RECORDS} records: heap ${first.toFixed(1)} MB in the first quarter, ${last.toFixed(1)} in the last`,
    )
    expect(last).toBeLessThan(first * 1.1)
  })
})
