import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startProgram } from '../pipeline/running-program.ts'
import { startSimulator, type Reader } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { ForeignClient, needsForeignClient } from '../support/foreign-client.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { LIBFAKETIME, needs } from '../support/needs.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { outgoing } from '../topic/records.ts'
import { kafkaTopic } from './kafka-topic.ts'

const BTC = 'BTC-PERPETUAL'
const HOURS_2 = 2 * 3_600_000
const LONG = { timeoutMs: 60_000, intervalMs: 100 }

describe('records that the broker rejects', { ...needsBroker(), ...needsForeignClient() }, () => {
  it.each([
    ['too new', HOURS_2, {}],
    ['too old for the topic', -HOURS_2, { 'message.timestamp.before.max.ms': '60000' }],
  ])('are given up one by one, and cost no other record: %s', async (_what, shiftMs, configs) => {
    const foreign = new ForeignClient(brokersOfRun())
    const name = uniqueTopic('prices')
    await foreign.create(name, 1)
    for (const [config, value] of Object.entries(configs))
      await foreign.setConfig(name, config, value)
    const producer = await kafkaTopic({ brokers: [brokersOfRun()], name }).createProducer()
    const isBad = (index: number) => index % 97 === 5 || (index >= 500 && index < 600)
    const indices = Array.from({ length: 2000 }, (_, index) => index)
    for (const index of indices) {
      producer.send(
        outgoing({
          topic: name,
          value: Buffer.from(String(index)),
          timestampMs: Date.now() + (isBad(index) ? shiftMs : 0),
        }),
      )
    }
    expect(await producer.flush(30_000)).toBe(0)
    const good = indices.filter((index) => !isBad(index)).map(String)
    expect(producer.counts()[0]).toMatchObject({
      produced: good.length,
      dropped: { refused: 2000 - good.length },
    })
    expect((await foreign.records(name)).map(({ value }) => value)).toEqual(good)
    expect(producer.health()).toMatchObject({ isDelivering: true, problem: null })
  })

  it('are too large: only those are dropped', async () => {
    const foreign = new ForeignClient(brokersOfRun())
    const name = uniqueTopic('prices')
    await foreign.create(name, 1)
    await foreign.setConfig(name, 'max.message.bytes', '20000')
    const producer = await kafkaTopic({ brokers: [brokersOfRun()], name }).createProducer()
    const indices = Array.from({ length: 300 }, (_, index) => index)
    const isBad = (index: number) => index % 50 === 7
    for (const index of indices) {
      const value = Buffer.alloc(isBad(index) ? 30_000 : 700, `${index} `)
      producer.send(outgoing({ topic: name, value }))
    }
    expect(await producer.flush(30_000)).toBe(0)
    expect(producer.counts()[0]).toMatchObject({ produced: 294, dropped: { too_large: 6 } })
    const written = (await foreign.records(name)).map(({ value }) => Number(value.split(' ')[0]))
    expect(written).toEqual(indices.filter((index) => !isBad(index)))
  })
})

/** The service with a wall clock that the test sets while it runs; the monotonic one runs on. */
async function startWithClock(
  offsetSeconds: number,
  environment: Readonly<Record<string, string>>,
) {
  const file = join(temporaryFolder(), 'offset')
  const set = (seconds: number) => {
    writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  }
  set(offsetSeconds)
  const simulator = await startSimulator({ instruments: [BTC, 'ETH-PERPETUAL'], ratePerSecond: 60 })
  const topic = uniqueTopic('prices')
  const service = await startProgram({
    DERIBIT_URL: simulator.url,
    INSTRUMENTS: simulator.instruments.join(','),
    TRADES: 'false',
    KAFKA_BROKERS: brokersOfRun(),
    KAFKA_TOPIC: topic,
    KAFKA_GROUP_ID: topic,
    LD_PRELOAD: LIBFAKETIME,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    ...environment,
  })
  return { service, topic, set }
}

const producedFrames = async (service: Reader, topic: string) =>
  (await service.value(`orderbook_produced_records_total{topic=${topic},kind=frame}`)) ?? 0
const receivedFrames = async (service: Reader) =>
  (await service.value('orderbook_feed_frames_total{kind=book}')) ?? 0
const droppedBy = async (service: Reader, topic: string, reason: string) =>
  (await service.value(`orderbook_dropped_records_total{topic=${topic},reason=${reason}}`)) ?? NaN

describe('a wall clock that is set', { ...needsBroker(), ...needs('faketime', 'python') }, () => {
  it.each([
    ['producer', 7200],
    ['producer', -7200],
    ['all', 7200],
  ])(
    'wrong for seconds costs no record and falsifies no timestamp: ROLE=%s, %i s',
    async (role, seconds) => {
      const { service, topic, set } = await startWithClock(0, { ROLE: role })
      await eventually(async () => (await producedFrames(service, topic)) > 50, LONG)
      const before = await receivedFrames(service)
      set(seconds)
      // Frames of about three seconds are received while the clock is wrong.
      await eventually(async () => (await receivedFrames(service)) > before + 50, LONG)
      const during = await producedFrames(service, topic)
      set(0)
      await eventually(async () => (await producedFrames(service, topic)) > during + 100, LONG)
      for (const reason of ['refused', 'queue_full', 'conflated']) {
        expect(await droppedBy(service, topic, reason)).toBe(0)
      }
      if (role === 'all') await eventually(async () => (await service.liveCount()) === 2, LONG)
      const produced = await producedFrames(service, topic)
      const records = await new ForeignClient(brokersOfRun()).records(topic)
      const frames = records.filter(({ kind }) => kind === 'frame')
      expect(frames.length).toBeGreaterThanOrEqual(produced)
      const times = records.map(({ timestampMs }) => timestampMs)
      expect(Math.max(...times)).toBeLessThanOrEqual(Date.now())
      expect(Math.min(...times)).toBeGreaterThan(Date.now() - 120_000)
    },
  )

  it('correctly after it was wrong from the start: rejected records are counted, the rest is produced', async () => {
    const { service, topic, set } = await startWithClock(7200, { ROLE: 'producer' })
    await eventually(async () => (await droppedBy(service, topic, 'refused')) > 20, LONG)
    expect(await producedFrames(service, topic)).toBe(0)
    expect(await service.value(`orderbook_producer_queue_records{topic=${topic}}`)).toBeLessThan(
      200,
    )
    expect(service.program.lines.join('\n')).toContain('record rejected by the broker, dropped')
    set(0)
    await eventually(async () => (await producedFrames(service, topic)) > 100, LONG)
    const records = await new ForeignClient(brokersOfRun()).records(topic)
    for (const { timestampMs } of records) expect(timestampMs).toBeLessThanOrEqual(Date.now())
  })
})
