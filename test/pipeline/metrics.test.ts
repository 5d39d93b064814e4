import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { expectFamiliesOf } from './families-of-role.ts'
import { startService, startSimulator } from './running-service.ts'

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0'
const TEXT = 'text/plain; version=0.0.4'

describe('the exposition of the running service', () => {
  let service: Awaited<ReturnType<typeof startService>>

  beforeAll(async () => {
    const simulator = await startSimulator({ instruments: 8, ratePerSecond: 80 })
    service = await startService({
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: simulator.instruments.join(','),
      METRICS_DETAIL: 'full',
      WINDOWS_MS: '1000,10000',
      // Covered by twenty levels of a simulated book.
      BOOK_DEPTH: '20',
      BANDS_BPS: '1',
    })
    await eventually(async () => (await service.status('/readyz')) === 200)
    await eventually(async () => {
      const { series } = await service.metrics()
      return series.has('orderbook_feed_clock_offset_seconds{}') || series.size
    })
    // The last window series to appear: it needs five returns of a second each.
    await eventually(
      async () => {
        const names = [...(await service.metrics()).series.keys()]
        const volatilities = names.filter((name) => name.startsWith('orderbook_realized'))
        return volatilities.length === simulator.instruments.length
      },
      { timeoutMs: 60_000 },
    )
  })

  it('passes promtool', needs('promtool'), async () => {
    const input = await (await service.get('/metrics', TEXT)).text()
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    })
    expect([status, stdout, stderr]).toEqual([0, '', ''])
  })

  it('has the same series in both formats, in any order of requests', async () => {
    const seen: string[][] = []
    // Series of Node appear over time, such as after the first garbage collection;
    // those of trades vary with trades, bands with the range of ten levels.
    const ours = (names: Iterable<string>) =>
      [...names]
        .filter((name) => /^orderbook_(?!trade_flow|depth)/.test(name))
        // Only OpenMetrics has them.
        .filter((name) => !name.includes('_created{'))
        .sort()
    await service.metrics(TEXT)
    await service.metrics(OPENMETRICS)
    for (const accept of [TEXT, OPENMETRICS, OPENMETRICS, TEXT, OPENMETRICS]) {
      const response = await service.get('/metrics', accept)
      expect(response.headers.get('content-type')).toContain(accept.split(';')[0])
      await response.arrayBuffer()
      seen.push(ours((await service.metrics(accept)).series.keys()))
    }
    for (const names of seen) expect(names).toEqual(seen[0])
    expect(seen[0]?.length).toBeGreaterThan(200)
  })

  it('has exactly the metrics of the catalogue', async () => {
    expectFamiliesOf('all', (await service.metrics(TEXT)).types)
  })

  it('agrees with the API', async () => {
    await eventually(async () => {
      const before = await service.snapshot('BTC-PERPETUAL')
      const { series } = await service.metrics()
      const after = await service.snapshot('BTC-PERPETUAL')
      if (before.changeId !== after.changeId) return false
      const of = (name: string, more = '') => series.get(`${name}{instrument=BTC-PERPETUAL${more}}`)
      expect(of('orderbook_mid_price')).toBe(before.midPrice)
      expect(of('orderbook_imbalance_ratio', ',depth=5')).toBe(before.imbalance[5])
      expect(of('orderbook_best_price', ',side=bid')).toBe(before.bestBid?.price)
      expect(of('orderbook_up')).toBe(1)
      expect(of('orderbook_depth_amount', ',side=bid,band_bps=1')).toBe(
        before.bands['1']?.bid ?? undefined,
      )
      const { coverage, imbalanceMean } = before.windows['10s'] ?? {}
      expect(coverage).toBeGreaterThan(0.5)
      expect(imbalanceMean).not.toBeNull()
      return true
    })
  })

  it('accounts for every frame', async () => {
    const { series } = await service.metrics()
    const sum = (pattern: RegExp) =>
      [...series].reduce((total, [name, value]) => total + (pattern.test(name) ? value : 0), 0)
    const received = sum(/^orderbook_feed_frames_total\{kind=book\}$/)
    expect(received).toBeGreaterThan(0)
    expect(received).toBe(
      sum(/^orderbook_produced_records_total\{topic=prices,kind=frame\}/) +
        sum(/^orderbook_dropped_records_total\{topic=prices,/) +
        sum(/^orderbook_producer_queue_records\{topic=prices\}/) +
        sum(/^orderbook_producer_in_flight_records\{topic=prices\}/),
    )
  })
})
