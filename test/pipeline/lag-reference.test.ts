import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { findFreePorts } from '../../tools/kafka/free-port.ts'
import { startDelayingProxy } from '../support/delaying-proxy.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { LIBFAKETIME, needs } from '../support/needs.ts'
import { ownBroker } from '../support/own-broker.ts'
import { startProgram } from './running-program.ts'
import { type Reader, startService, startSimulator } from './running-service.ts'

const BTC = 'BTC-PERPETUAL'
/** An idle machine shows 2 ms and less (the figures are printed); other load adds to every stage. */
const NOISE_MS = 40
const MEASURE_MS = 6000
const STAGES = [
  'exchange_to_receive',
  'receive_to_send',
  'send_to_ack',
  'receive_to_consume',
  'consume_to_publish',
  'receive_to_publish',
  'total',
] as const

/** One book with five changes a second, so that no message waits for another one. */
async function prepare(topic = uniqueTopic('prices')) {
  const simulator = await startSimulator({ instruments: [BTC], ratePerSecond: 5 })
  const settings = {
    DERIBIT_URL: simulator.url,
    INSTRUMENTS: BTC,
    TRADES: 'false',
    KAFKA_TOPIC: topic,
    KAFKA_TRADES_TOPIC: `${topic}-trades`,
    KAFKA_GROUP_ID: topic,
  }
  return { simulator, settings }
}

const isLive = async (service: Reader) => (await service.state(BTC)) === 'live'

/** Mean of each stage over the next seconds, in ms, over all services; NaN without observations. */
async function measure(...services: Reader[]) {
  const read = async () => {
    const sums = new Map<string, { sum: number; count: number }>()
    for (const service of services) {
      const { series } = await service.metrics()
      for (const stage of STAGES) {
        const of = (what: string) =>
          series.get(`orderbook_pipeline_lag_seconds_${what}{stage=${stage}}`) ?? 0
        const before = sums.get(stage) ?? { sum: 0, count: 0 }
        sums.set(stage, { sum: before.sum + of('sum'), count: before.count + of('count') })
      }
    }
    return sums
  }
  const before = await read()
  await sleep(MEASURE_MS)
  const after = await read()
  const mean = (stage: (typeof STAGES)[number]) => {
    const [from, to] = [before.get(stage), after.get(stage)]
    if (from === undefined || to === undefined) return NaN
    return ((to.sum - from.sum) / (to.count - from.count)) * 1000
  }
  const means = Object.fromEntries(STAGES.map((stage) => [stage, mean(stage)])) as Record<
    (typeof STAGES)[number],
    number
  >
  const text = STAGES.map((stage) => `${stage} ${means[stage].toFixed(1)}`).join(', ')
  process.stdout.write(`mean lag, ms: ${text}\n`)
  return means
}

type Means = Awaited<ReturnType<typeof measure>>

function expectSum(means: Means): void {
  const { exchange_to_receive, receive_to_consume, consume_to_publish, total } = means
  const sum = exchange_to_receive + receive_to_consume + consume_to_publish
  expect(Math.abs(total - sum)).toBeLessThan(5)
}

function expectNear(valueMs: number, injectedMs: number): void {
  expect(valueMs).toBeGreaterThan(injectedMs - 2)
  expect(valueMs).toBeLessThan(injectedMs + NOISE_MS)
}

describe('an injected delay', { ...needsBroker(), timeout: 180_000 }, () => {
  it.each([0, 20, 200])(
    'on the way from the exchange, %i ms, appears only in exchange_to_receive',
    async (ms) => {
      const { simulator, settings } = await prepare()
      const service = await startService({ ...settings, KAFKA_BROKERS: brokersOfRun() })
      await eventually(() => isLive(service), { timeoutMs: 30_000 })
      // In both directions, because the clock offset is measured on the same connection.
      if (ms > 0) simulator.faults.set(`delay=${ms},delay-in=${ms}`)
      await sleep(ms + 1000)
      const means = await measure(service)
      expectNear(means.exchange_to_receive, ms)
      expectNear(means.receive_to_consume, 0)
      expectSum(means)
    },
  )

  it('before consumption, 50 ms, appears only in receive_to_consume', async () => {
    const { settings } = await prepare()
    const service = await startService(
      { ...settings, KAFKA_BROKERS: brokersOfRun() },
      { beforeBatch: () => sleep(50) },
    )
    await eventually(() => isLive(service), { timeoutMs: 30_000 })
    const means = await measure(service)
    expectNear(means.receive_to_consume, 50)
    expectNear(means.exchange_to_receive, 0)
    expectNear(means.consume_to_publish, 0)
    expectSum(means)
  })

  it('before acknowledgements, 30 ms, appears only in send_to_ack, with two processes', async () => {
    const [proxied = 0, proxy = 0] = await findFreePorts(2)
    const broker = await ownBroker({
      extraListeners: [
        {
          name: 'PROXIED',
          protocol: 'PLAINTEXT',
          port: proxied,
          advertisedPort: proxy,
          properties: {},
        },
      ],
    })
    await startDelayingProxy(proxied, proxy, 30)
    const { settings } = await prepare('prices')
    const producer = await startProgram({
      ...settings,
      ROLE: 'producer',
      KAFKA_BROKERS: `127.0.0.1:${proxy}`,
    })
    const consumer = await startProgram({
      ...settings,
      ROLE: 'consumer',
      KAFKA_BROKERS: broker.brokers,
    })
    await eventually(() => isLive(consumer), { timeoutMs: 60_000 })
    const means = await measure(producer, consumer)
    expectNear(means.send_to_ack, 30)
    expectNear(means.receive_to_send, 0)
    expectNear(means.receive_to_consume, 0)
    expectSum(means)
  })
})

describe('a consumer whose clock is wrong', { ...needsBroker(), timeout: 180_000 }, () => {
  it.each([2, -2])('by %i s appears in the delay floor', needs('faketime'), async (seconds) => {
    const { settings } = await prepare()
    const shared = { ...settings, KAFKA_BROKERS: brokersOfRun() }
    const producer = await startProgram({ ...shared, ROLE: 'producer' })
    const consumer = await startProgram({
      ...shared,
      ROLE: 'consumer',
      ...fakeTime(seconds),
    })
    const floor = 'orderbook_topic_delay_floor_seconds{}'
    expect(await producer.value(floor)).toBeUndefined()
    await eventually(
      async () => {
        expect(Math.abs(((await consumer.value(floor)) ?? NaN) - seconds)).toBeLessThan(0.5)
      },
      { timeoutMs: 30_000 },
    )
    const skews = (await consumer.value('orderbook_clock_skew_events_total{}')) ?? 0
    if (seconds < 0) expect(skews).toBeGreaterThan(0)
    else expect(skews).toBe(0)
  })
})

/** Environment that shifts the wall clock of a program, but not the monotonic one. */
function fakeTime(seconds: number): Record<string, string> {
  return {
    LD_PRELOAD: LIBFAKETIME,
    FAKETIME: `${seconds > 0 ? '+' : ''}${seconds}s`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
}
