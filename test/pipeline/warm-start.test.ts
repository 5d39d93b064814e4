import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { startService, startSimulator } from './running-service.ts'

const COUNT = 40

/** A producer with busy and quiet books that has run for a while. */
async function startProducer(mode: 'grouped' | 'incremental') {
  const simulator = await startSimulator({ instruments: COUNT, ratePerSecond: 100 })
  const topic = uniqueTopic('prices')
  const shared = {
    KAFKA_BROKERS: brokersOfRun(),
    KAFKA_TOPIC: topic,
    KAFKA_TRADES_TOPIC: `${topic}-trades`,
    TRADES: 'false',
    BOOK_MODE: mode,
    // Rare snapshot checkpoints, so that the start must reach back to them.
    CHECKPOINT_SNAPSHOT_MS: '4000',
    INSTRUMENTS: simulator.instruments.join(','),
  }
  const producer = await startService({ ...shared, ROLE: 'producer', DERIBIT_URL: simulator.url })
  await eventually(async () => (await producer.status('/readyz')) === 200)
  return { simulator, producer, shared: { ...shared, ROLE: 'consumer' } }
}

describe('a consumer that starts late', { ...needsBroker() }, () => {
  it.each(['grouped', 'incremental'] as const)(
    'is live for every book, quiet ones included, and counts no earlier records: %s',
    async (mode) => {
      const { simulator, producer, shared } = await startProducer(mode)
      simulator.faults.set('still')
      // The oldest snapshot in the topic is one interval old.
      const checkpoints = `orderbook_produced_records_total{topic=${shared.KAFKA_TOPIC},kind=checkpoint}`
      await eventually(async () => ((await producer.value(checkpoints)) ?? 0) >= 2 * COUNT, {
        timeoutMs: 30_000,
      })
      const startedMs = performance.now()
      const consumer = await startService({ ...shared, KAFKA_GROUP_ID: uniqueTopic('late') })
      const frames = new Set<number>()
      await eventually(async () => {
        frames.add(await consumer.liveCount())
        return (await consumer.status('/readyz')) === 200 && (await consumer.liveCount()) === COUNT
      })
      process.stdout.write(
        `warm start (${mode}): all ${COUNT} live after ${Math.round(performance.now() - startedMs)} ms\n`,
      )
      const { series } = await consumer.metrics()
      const updates = [...series].filter(([name]) => name.startsWith('orderbook_updates_total{'))
      expect(updates.map(([, value]) => value)).toEqual(Array(COUNT).fill(0))
      for (const instrument of simulator.instruments.slice(0, 5)) {
        const reference = simulator.reference(instrument)
        const view = await consumer.snapshot(instrument, '?depth=10')
        expect(view.bids).toEqual(reference?.bids.slice(0, 10))
        expect(view.asks).toEqual(reference?.asks.slice(0, 10))
      }
      // Replayed records do not count as lag.
      expect(series.get('orderbook_pipeline_lag_seconds_count{stage=receive_to_publish}')).toBe(0)
    },
  )
})

describe('change ids that restart lower, as after a release', () => {
  it.each(['grouped', 'incremental'])('never freeze a book: %s', async (mode) => {
    const simulator = await startSimulator({ instruments: 3, ratePerSecond: 30 })
    const service = await startService({
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: simulator.instruments.join(','),
      BOOK_MODE: mode,
      TRADES: 'false',
    })
    const [instrument = ''] = simulator.instruments
    await eventually(async () => (await service.state(instrument)) === 'live')
    const before = (await service.snapshot(instrument)).changeId
    simulator.faults.set('reset-ids=1000')
    await eventually(async () => {
      const view = await service.snapshot(instrument)
      return view.state === 'live' && view.changeId < before
    })
    const { changeId } = await service.snapshot(instrument)
    await eventually(async () => (await service.snapshot(instrument)).changeId > changeId)
    const { series } = await service.metrics()
    const breaks = (reason: string) =>
      series.get(`orderbook_sequence_breaks_total{reason=${reason}}`) ?? 0
    expect(breaks('sequence_reset') + breaks('gap')).toBeGreaterThan(0)
  })
})

describe('two redundant producers', { ...needsBroker() }, () => {
  it('make the failure of one invisible to readers', async () => {
    const { simulator, producer, shared } = await startProducer('grouped')
    const second = await startService({
      ...shared,
      ROLE: 'producer',
      DERIBIT_URL: simulator.url,
    })
    await eventually(async () => (await second.status('/readyz')) === 200)
    const consumer = await startService({ ...shared, KAFKA_GROUP_ID: uniqueTopic('reader') })
    await eventually(async () => (await consumer.liveCount()) === COUNT)
    await producer.stop()
    const since = async () =>
      Object.fromEntries(
        (
          (await (await consumer.get('/api/v1/instruments')).json()) as {
            instruments: { instrument: string; state: string; sinceMs: number }[]
          }
        ).instruments.map(({ instrument, state, sinceMs }) => [instrument, `${state} ${sinceMs}`]),
      )
    const before = await since()
    const verified = `orderbook_last_verified_timestamp_seconds{instrument=BTC-PERPETUAL}`
    const stoppedAt = (await consumer.value(verified)) ?? NaN
    // Longer than STALE_AFTER_MS.
    await eventually(async () => ((await consumer.value(verified)) ?? 0) > stoppedAt + 6)
    expect(await since()).toEqual(before)
    expect(
      await consumer.value('orderbook_rejected_updates_total{reason=duplicate}'),
    ).toBeGreaterThan(0)
  })
})
