import { Kafka, logLevel, type Message } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { startService } from '../pipeline/running-service.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { BTC, groupedSnapshot, trade, trades } from '../support/frames.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { needs } from '../support/needs.ts'
import { writeByPython } from './foreign-producers.ts'

const LONG = { timeoutMs: 60_000 }
const NO_LIMIT = '9223372036854775807'
const DAY_MS = 86_400_000
/** Headers in one record; kafkajs's own reader copies all of them before each one. */
const MANY_HEADERS = 20_000

/** A consumer of a topic of books and one of trades with one partition each, whose broker takes any time. */
async function oddTopics() {
  const topic = uniqueTopic('prices')
  const tradesTopic = `${topic}-trades`
  const admin = await connectAdmin()
  const configEntries = [
    { name: 'message.timestamp.after.max.ms', value: NO_LIMIT },
    { name: 'message.timestamp.before.max.ms', value: NO_LIMIT },
  ]
  await admin.createTopics({
    topics: [topic, tradesTopic].map((each) => ({ topic: each, numPartitions: 1, configEntries })),
  })
  const consumer = await startService({
    ROLE: 'consumer',
    KAFKA_BROKERS: brokersOfRun(),
    KAFKA_TOPIC: topic,
    KAFKA_TRADES_TOPIC: tradesTopic,
    KAFKA_GROUP_ID: topic,
    INSTRUMENTS: BTC,
    MAX_RECORD_AGE_MS: '60000',
    STALE_AFTER_MS: '60000',
  })
  await eventually(async () => !('consumer' in (await consumer.failing())), LONG)
  const producer = new Kafka({ brokers: [brokersOfRun()], logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  registerCleanUp(() => producer.disconnect())
  const write = (to: string, messages: Message[]) => producer.send({ topic: to, messages })
  const sum = async (prefix: string) => {
    const { series } = await consumer.metrics()
    return [...series]
      .filter(([name]) => name.startsWith(prefix))
      .reduce((total, [, value]) => total + value, 0)
  }
  const invalid = (to: string, reason: string) =>
    consumer.value(`orderbook_invalid_records_total{topic=${to},reason=${reason}}`)
  const frame = (changeId: number) => groupedSnapshot({ changeId, exchangeTimeMs: Date.now() })
  return { topic, tradesTopic, admin, consumer, write, sum, invalid, frame }
}

describe('records with odd times by other clients', needsBroker(), () => {
  it('are invalid, change no book, and are never observed as a lag', async () => {
    const { topic, tradesTopic, admin, consumer, write, sum, invalid, frame } = await oddTopics()
    await write(topic, [{ key: BTC, value: frame(1) }])
    await eventually(async () => expect(await consumer.state(BTC)).toBe('live'), LONG)
    const now = Date.now()
    const times = [-1, 0, now / 1000, now * 1000, now * 1_000_000, now + 2 * DAY_MS]
    for (const [index, time] of times.entries()) {
      const timestamp = String(Math.trunc(time))
      await write(topic, [{ key: BTC, value: frame(100 + index), timestamp }])
      const value = trades([trade({ seq: 10 + index, exchangeTimeMs: now })])
      await write(tradesTopic, [{ key: BTC, value, timestamp }])
    }
    await admin.alterConfigs({
      validateOnly: false,
      resources: [topic, tradesTopic].map((name) => ({
        type: 2,
        name,
        configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
      })),
    })
    // The broker answers before its log uses the setting: records of the time 0 are invalid before
    // and after it, and the answer to one says when the broker replaces times.
    let probes = 0
    await eventually(async () => {
      probes += 1
      const [written] = await write(topic, [{ key: BTC, value: frame(200), timestamp: '0' }])
      expect(Number(written?.logAppendTime)).toBeGreaterThan(0)
    }, LONG)
    await write(topic, [{ key: BTC, value: frame(201) }])
    await eventually(async () => {
      expect(await invalid(topic, 'timestamp')).toBe(times.length + probes + 1)
      expect(await invalid(tradesTopic, 'timestamp')).toBe(times.length)
    }, LONG)
    const snapshot = await consumer.snapshot(BTC)
    expect(snapshot).toMatchObject({ status: 200, state: 'live', changeId: 1 })
    const { receivedTimeMs } = snapshot as typeof snapshot & { receivedTimeMs: number }
    expect(Math.abs(receivedTimeMs - now)).toBeLessThan(60_000)
    expect(await sum('orderbook_pipeline_lag_seconds_sum')).toBeLessThan(60)
    const seconds = `orderbook_consumer_lag_seconds{topic=${topic},partition=0}`
    await eventually(async () => expect(await consumer.value(seconds)).toBe(0), LONG)
    expect(await sum('orderbook_consumer_restarts_total')).toBe(0)
  })
})

describe(
  'records with odd contents by other clients',
  { ...needs('python'), ...needsBroker() },
  () => {
    it('are skipped one by one, and those around them are read', async (context) => {
      const { topic, consumer, write, sum, invalid, frame } = await oddTopics()
      await write(topic, [
        { key: BTC, value: frame(1) },
        { key: null, value: frame(2) },
        { key: BTC, value: null },
        { key: BTC, value: '' },
        { key: Buffer.from([0xff, 0xfe, 0x80]), value: frame(3) },
        {
          key: BTC,
          value: frame(4),
          headers: { kind: Buffer.from([0xff]), big: 'x'.repeat(500_000) },
        },
      ])
      const headers = Object.fromEntries(
        Array.from({ length: MANY_HEADERS }, (_, index) => [`h${index}`, '']),
      )
      await writeByPython(
        brokersOfRun(),
        [
          {
            codec: 'snappy',
            records: [{ topic, key: BTC, value: frame(5), headers, timestamp: Date.now() }],
          },
        ],
        context,
      )
      await eventually(async () => {
        expect((await consumer.snapshot(BTC)).changeId).toBe(5)
      }, LONG)
      expect(await invalid(topic, 'key_mismatch')).toBe(2)
      expect(((await invalid(topic, 'schema')) ?? 0) + ((await invalid(topic, 'json')) ?? 0)).toBe(
        2,
      )
      expect(await consumer.value(`orderbook_updates_total{instrument=${BTC}}`)).toBe(3)
      expect(await sum('orderbook_consumer_restarts_total')).toBe(0)
    })
  },
)
