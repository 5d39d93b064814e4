import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { expectFamiliesOf } from './families-of-role.ts'
import { startProgram } from './running-program.ts'
import { startSimulator } from './running-service.ts'

const BTC = 'BTC-PERPETUAL'

describe('producer and consumer as separate processes', { ...needsBroker() }, () => {
  it('communicate by the topic; without the producer the consumer shows no values, with the reason', async () => {
    const simulator = await startSimulator({ instruments: 4, ratePerSecond: 40 })
    const topic = uniqueTopic('prices')
    const shared = {
      KAFKA_BROKERS: brokersOfRun(),
      KAFKA_TOPIC: topic,
      KAFKA_TRADES_TOPIC: `${topic}-trades`,
      KAFKA_GROUP_ID: topic,
      STALE_AFTER_MS: '2000',
      CHECKPOINT_MS: '500',
      METRICS_DETAIL: 'full',
      WINDOWS_MS: '1000',
      // Covered by twenty levels of a simulated book.
      BOOK_DEPTH: '20',
      BANDS_BPS: '1',
    }
    const consumer = await startProgram({ ...shared, ROLE: 'consumer' })
    // Ready without any instrument.
    expect(await consumer.status('/livez')).toBe(200)
    const producer = await startProgram({
      ...shared,
      ROLE: 'producer',
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: simulator.instruments.join(','),
    })
    await eventually(async () => (await producer.status('/readyz')) === 200)
    await eventually(async () => (await consumer.status('/readyz')) === 200)

    // Each role has only its own metrics.
    await eventually(async () => (await consumer.state(BTC)) === 'live')
    const mid = `orderbook_mid_price{instrument=${BTC}}`
    const [ofConsumer, ofProducer] = await eventually(async () => {
      const pages = [await consumer.metrics(), await producer.metrics()] as const
      // No window is full enough for volatility.
      expectFamiliesOf('consumer', pages[0].types, ['orderbook_realized_volatility_ratio'])
      expectFamiliesOf('producer', pages[1].types)
      return pages
    })
    expect(ofConsumer.series.get(mid)).toBeGreaterThan(0)
    expect(ofProducer.series.has(mid)).toBe(false)
    expect(ofProducer.series.get('orderbook_feed_connected{}')).toBe(1)
    expect(ofConsumer.series.has('orderbook_feed_connected{}')).toBe(false)
    expect(await producer.status(`/api/v1/snapshots/${BTC}`)).toBe(404)

    const first = (await consumer.snapshot(BTC)).changeId
    await eventually(async () => (await consumer.snapshot(BTC)).changeId !== first)

    producer.program.kill('SIGKILL')
    await producer.program.exited
    await eventually(async () => (await consumer.state(BTC)) === 'stale:unverified')
    expect((await consumer.metrics()).series.has(mid)).toBe(false)
    expect((await consumer.snapshot(BTC)).status).toBe(503)
    // Ready while one book is live: others become stale slightly later.
    await eventually(async () => {
      expect(Object.keys(await consumer.failing())).toEqual(['books'])
    })
    expect(await consumer.status('/livez')).toBe(200)

    consumer.program.kill('SIGTERM')
    expect(await consumer.program.exited).toEqual({ code: 0, signal: null })
  })

  it('start before the broker, and are not ready until it is available', async () => {
    const consumer = await startProgram({ ROLE: 'consumer', KAFKA_BROKERS: '127.0.0.1:1' })
    expect(Object.keys(await consumer.failing())).toContain('topic')
    expect(await consumer.status('/livez')).toBe(200)
    consumer.program.kill('SIGTERM')
    expect(await consumer.program.exited).toEqual({ code: 0, signal: null })
  })
})
