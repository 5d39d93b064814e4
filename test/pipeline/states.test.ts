import { Kafka, Partitioners } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { groupedSnapshot } from '../support/frames.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { startService, startSimulator } from './running-service.ts'

const BTC = 'BTC-PERPETUAL'
const ETH = 'ETH-PERPETUAL'
const INSTRUMENTS = [BTC, ETH]
const STALE_AFTER_MS = 2000

/** Exchange and service in one process, with both books live. */
async function startPair(environment: Readonly<Record<string, string>> = {}) {
  // Fewer changes than frames: a frame with two changes would hide every second one.
  const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 14 })
  const service = await startService({
    DERIBIT_URL: simulator.url,
    INSTRUMENTS: INSTRUMENTS.join(','),
    STALE_AFTER_MS: String(STALE_AFTER_MS),
    CHECKPOINT_MS: '500',
    ...environment,
  })
  const isState = (instrument: string, ...states: string[]) =>
    eventually(async () => states.includes(await service.state(instrument)))
  /** Asserts that no value appears anywhere. */
  const expectNoValue = async (instrument: string) => {
    const { series } = await service.metrics()
    expect(series.has(`orderbook_mid_price{instrument=${instrument}}`)).toBe(false)
    expect(series.has(`orderbook_imbalance_ratio{instrument=${instrument},depth=1}`)).toBe(false)
    expect(series.get(`orderbook_up{instrument=${instrument}}`)).toBe(0)
    expect((await service.snapshot(instrument)).status).toBe(503)
  }
  await isState(BTC, 'live')
  await isState(ETH, 'live')
  return { simulator, service, isState, expectNoValue }
}

describe('a book that must not be shown', () => {
  it.each([
    ['one-sided', 'one_sided:one_sided'],
    ['empty', 'one_sided:empty'],
  ])('%s: has no value but a reason, and the other book stays live', async (fault, state) => {
    const { simulator, isState, expectNoValue, service } = await startPair()
    simulator.faults.set(`${fault}@${BTC}`)
    await isState(BTC, state)
    await expectNoValue(BTC)
    expect(await service.state(ETH)).toBe('live')
    simulator.faults.clear()
    await isState(BTC, 'live')
  })

  it.each(['crossed', 'locked'])('%s: is invalid while it is so', async (fault) => {
    const { simulator, service, isState } = await startPair()
    simulator.faults.set(`${fault}@${BTC}`)
    await isState(BTC, `invalid:${fault}`)
    await eventually(
      async () =>
        ((await service.value(`orderbook_rejected_updates_total{reason=${fault}}`)) ?? 0) > 0,
    )
    const view = await service.snapshot(BTC, '?allowStale=true')
    if (view.state === 'invalid') expect([view.midPrice, view.imbalance[1]]).toEqual([null, null])
    simulator.faults.clear()
    await isState(BTC, 'live')
  })

  it.each(['non-finite', 'negative', 'unsorted'])(
    '%s levels: are counted at the exchange edge, and the value goes',
    async (fault) => {
      const { simulator, service, isState, expectNoValue } = await startPair()
      const bad = 'orderbook_feed_invalid_frames_total{reason=level}'
      expect(await service.value(bad)).toBe(0)
      simulator.faults.set(`${fault}=1@${BTC}`)
      await eventually(async () => ((await service.value(bad)) ?? 0) > 0)
      await isState(BTC, 'stale:unverified')
      await expectNoValue(BTC)
      expect(await service.state(ETH)).toBe('live')
      simulator.faults.clear()
      await isState(BTC, 'live')
    },
  )

  it('garbage: is counted by reason and skipped, and the book stays live', async () => {
    const { simulator, service } = await startPair()
    simulator.faults.set('garbage=2')
    await eventually(async () => {
      const { series } = await service.metrics()
      return (series.get('orderbook_feed_invalid_frames_total{reason=json}') ?? 0) > 2
    })
    expect(await service.state(BTC)).toBe('live')
    expect(service.logger.lines.some(({ message }) => message.startsWith('invalid frame'))).toBe(
      true,
    )
  })

  it('a silent exchange: no value, not ready with the check named, alive; then back', async () => {
    const { simulator, service, isState, expectNoValue } = await startPair()
    simulator.faults.set('stall')
    await isState(BTC, 'stale:unverified')
    await expectNoValue(BTC)
    await expectNoValue(ETH)
    expect(Object.keys(await service.failing())).toContain('books')
    await eventually(async () => 'feed' in (await service.failing()))
    expect(await service.status('/livez')).toBe(200)
    const { series } = await service.metrics()
    expect(series.get(`orderbook_last_verified_timestamp_seconds{instrument=${BTC}}`)).toBeDefined()
    simulator.faults.clear()
    await eventually(async () => (await service.status('/readyz')) === 200, { timeoutMs: 60_000 })
    await isState(BTC, 'live')
  })

  it('a still book: stays live without a single change', async () => {
    const { simulator, service } = await startPair()
    simulator.faults.set('still')
    const { changeId } = await eventually(async () => {
      const [one, two] = [await service.snapshot(BTC), await service.snapshot(BTC)]
      return one.changeId === two.changeId ? two : false
    })
    const verified = `orderbook_last_verified_timestamp_seconds{instrument=${BTC}}`
    const first = (await service.value(verified)) ?? NaN
    // Longer than STALE_AFTER_MS, measured by verifications.
    await eventually(async () => {
      expect(await service.state(BTC)).toBe('live')
      return ((await service.value(verified)) ?? 0) > first + (2 * STALE_AFTER_MS) / 1000
    })
    expect((await service.snapshot(BTC)).changeId).toBe(changeId)
  })
})

describe('records that a foreign client writes', { ...needsBroker() }, () => {
  it.each([
    ['non_finite', groupedSnapshot({ changeId: 9e11 }).replace('2.5e4', '1.0e999')],
    ['negative', groupedSnapshot({ changeId: 9e11 }).replace('2.5e4', '-2.5e4')],
    [
      'unsorted',
      groupedSnapshot({
        changeId: 9e11,
        bids: [
          [60_000, 1],
          [60_001, 1],
        ],
      }),
    ],
  ])('with %s levels make the book invalid for that reason', async (reason, value) => {
    const topic = uniqueTopic('prices')
    const { simulator, service, isState, expectNoValue } = await startPair({
      KAFKA_BROKERS: brokersOfRun(),
      KAFKA_TOPIC: topic,
      KAFKA_GROUP_ID: topic,
      TRADES: 'false',
    })
    const kafka = new Kafka({ brokers: [brokersOfRun()], logLevel: 0 })
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    registerCleanUp(() => producer.disconnect())
    // The next snapshot of the exchange would fix it at once.
    simulator.faults.set(`still@${BTC}`)
    await producer.send({ topic, messages: [{ key: BTC, value }] })
    await isState(BTC, `invalid:${reason}`)
    await expectNoValue(BTC)
    expect(await service.value(`orderbook_rejected_updates_total{reason=${reason}}`)).toBe(1)
    simulator.faults.clear()
    await isState(BTC, 'live')
  })
})
