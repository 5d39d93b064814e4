import process from 'node:process'
import { expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startService, startSimulator } from '../pipeline/running-service.ts'

const COUNT = 3000

it('three thousand instruments found by a selector become live within the exchange’s limits', async () => {
  const simulator = await startSimulator({ instruments: COUNT, ratePerSecond: 1000, historyMs: 0 })
  const startedMs = performance.now()
  const service = await startService({
    DERIBIT_URL: simulator.url,
    INSTRUMENTS: 'any:any',
    MAX_INSTRUMENTS: String(COUNT),
  })
  const live = 'orderbook_instruments{state=live}'
  await eventually(
    async () => {
      const { series } = await service.metrics()
      const silent =
        (series.get('orderbook_instruments{state=one_sided}') ?? 0) + (series.get(live) ?? 0)
      return silent === COUNT
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  )
  const seconds = (performance.now() - startedMs) / 1000
  const { series } = await service.metrics()
  process.stdout.write(
    `${COUNT} instruments: ${series.get(live)} live after ${seconds.toFixed(1)} s, ${simulator.connections} connections\n`,
  )
  // Books and trades: six thousand channels and those of the platform, at most 3,000 each.
  expect(simulator.connections).toBe(3)
  expect(series.get('orderbook_feed_subscriptions{state=acknowledged}')).toBe(2 * COUNT + 2)
  expect(series.get('orderbook_feed_disconnects_total{reason=rate_limited}')).toBe(0)
})

it('a hundred gaps at once are fixed within the exchange’s limits', async () => {
  const simulator = await startSimulator({ instruments: 100, ratePerSecond: 1000 })
  const service = await startService({
    DERIBIT_URL: simulator.url,
    INSTRUMENTS: simulator.instruments.join(','),
    BOOK_MODE: 'incremental',
    TRADES: 'false',
  })
  const count = async (state: string) => service.value(`orderbook_instruments{state=${state}}`)
  await eventually(async () => (await count('live')) === 100, { timeoutMs: 30_000 })
  simulator.faults.set('gap=once')
  await eventually(
    async () => ((await service.value('orderbook_resyncs_total{reason=gap}')) ?? 0) > 0,
  )
  await eventually(
    async () => (await count('live')) === 100 && simulator.faults.list().length === 0,
    { timeoutMs: 60_000 },
  )
  simulator.faults.set('gap=2')
  await eventually(
    async () => ((await service.value('orderbook_resyncs_total{reason=overflow}')) ?? 0) > 0,
    { timeoutMs: 30_000 },
  )
  simulator.faults.clear()
  await eventually(async () => (await count('live')) === 100, { timeoutMs: 60_000 })
  expect(await service.value('orderbook_feed_disconnects_total{reason=rate_limited}')).toBe(0)
})
