import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { BTC, groupedSnapshot } from '../support/frames.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { ManualHook } from '../topic/manual-hook.ts'
import { startProgram } from './running-program.ts'
import { type Reader, startService } from './running-service.ts'

const LONG = { timeoutMs: 60_000 }
/** Longer than end offsets are valid. */
const STANDSTILL_MS = 8000
const PARTITION = partitionOfKey(BTC, 4)

/** A topic, the settings of a consumer, and another client that writes to it. */
async function lagTopic() {
  const topic = uniqueTopic('prices')
  const admin = await connectAdmin()
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] })
  const producer = new Kafka({ brokers: [brokersOfRun()], logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  registerCleanUp(() => producer.disconnect())
  const labels = `{topic=${topic},partition=${PARTITION}}`
  let written = 0
  return {
    settings: {
      ROLE: 'consumer',
      TRADES: 'false',
      KAFKA_BROKERS: brokersOfRun(),
      KAFKA_TOPIC: topic,
      KAFKA_GROUP_ID: topic,
    },
    write: async (count: number): Promise<void> => {
      const messages = Array.from({ length: count }, () => {
        written += 1
        const value = groupedSnapshot({
          changeId: written,
          exchangeTimeMs: 1_790_000_000_000 + written,
        })
        return { key: BTC, value, partition: PARTITION }
      })
      await producer.send({ topic, messages })
    },
    /** Lag and counter of one scrape. */
    scrape: async (reader: Reader) => {
      const { series } = await reader.metrics()
      return {
        records: series.get(`orderbook_consumer_lag_records${labels}`),
        seconds: series.get(`orderbook_consumer_lag_seconds${labels}`),
        consumed: series.get(`orderbook_consumed_records_total{topic=${topic}}`) ?? 0,
      }
    },
  }
}

describe('the lag on /metrics', needsBroker(), () => {
  it('is present in the first scrape after SIGSTOP and SIGCONT', async () => {
    const { settings, write, scrape } = await lagTopic()
    const service = await startProgram(settings)
    await eventually(async () => (await scrape(service)).records === 0, LONG)
    await write(100)
    await eventually(async () => (await scrape(service)).consumed === 100, LONG)
    service.program.kill('SIGSTOP')
    registerCleanUp(() => service.program.kill('SIGCONT'))
    await write(400)
    // Requested while the process is stopped, so that it is answered first.
    const scraped = scrape(service)
    await sleep(STANDSTILL_MS)
    service.program.kill('SIGCONT')
    const first = await scraped
    expect(first.records).toBe(500 - first.consumed)
    expect(first.seconds).toBeDefined()
    if (first.records !== 0) expect(first.seconds).toBeGreaterThan(STANDSTILL_MS / 2000)
    await eventually(async () => {
      expect(await scrape(service)).toEqual({ records: 0, seconds: 0, consumed: 500 })
    }, LONG)
  })

  it('grows with written records, and by one second per second while reading is blocked', async () => {
    const { settings, write, scrape } = await lagTopic()
    const beforeBatch = new ManualHook()
    // Before its first record.
    beforeBatch.hold()
    const service = await startService(settings, { beforeBatch: beforeBatch.pass })
    await eventually(async () => (await scrape(service)).records === 0, LONG)
    await write(50)
    await eventually(async () => (await scrape(service)).records === 50, LONG)
    const before = await scrape(service)
    const startMs = performance.now()
    await write(70)
    const after = await eventually(async () => {
      const now = await scrape(service)
      return now.records === 120 && (now.seconds ?? 0) >= 4 ? now : false
    }, LONG)
    const passed = (performance.now() - startMs) / 1000
    expect((after.seconds ?? NaN) - (before.seconds ?? NaN)).toBeCloseTo(passed, 0)
    beforeBatch.open()
    await eventually(async () => {
      expect(await scrape(service)).toEqual({ records: 0, seconds: 0, consumed: 120 })
    }, LONG)
  })
})
