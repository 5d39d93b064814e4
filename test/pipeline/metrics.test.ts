import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { METRIC_GROUPS } from '../../tools/docs/metric-groups.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { startService, startSimulator } from './running-service.ts'

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0'
const TEXT = 'text/plain; version=0.0.4'
const catalogue = METRIC_GROUPS.flatMap(({ definitions }) => definitions)

describe('the page of metrics of the running service', () => {
  let service: Awaited<ReturnType<typeof startService>>

  beforeAll(async () => {
    const simulator = await startSimulator({ instruments: 8, ratePerSecond: 80 })
    service = await startService({
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: simulator.instruments.join(','),
      METRICS_DETAIL: 'full',
    })
    await eventually(async () => (await service.status('/readyz')) === 200)
    await eventually(async () => {
      const { series } = await service.metrics()
      return series.has('orderbook_feed_clock_offset_seconds{}') || series.size
    })
  })

  it('passes promtool', needs('promtool'), async () => {
    const input = await (await service.get('/metrics', TEXT)).text()
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    })
    expect([status, stdout, stderr]).toEqual([0, '', ''])
  })

  it('has the same series in both formats, whatever was asked for before', async () => {
    const seen: string[][] = []
    // Series of Node's own appear as it goes, such as those of the first garbage collection.
    const ours = (names: Iterable<string>) =>
      [...names].filter((name) => name.startsWith('orderbook_')).sort()
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

  it('has every metric of the catalogue, and none that is not in it', async () => {
    const { types } = await service.metrics(TEXT)
    const families = [...types.keys()].filter((name) => name.startsWith('orderbook_'))
    // Counted only where they happened: a chain that broke, a record that failed, a commit.
    const eventful = new Set([
      'orderbook_gaps_total',
      'orderbook_skipped_records_total',
      'orderbook_invalid_records_total',
      'orderbook_consumer_last_commit_timestamp_seconds',
    ])
    const expected = catalogue.map(({ name }) => name).filter((name) => !eventful.has(name))
    expect(families.filter((name) => !eventful.has(name)).sort()).toEqual(expected.sort())
    for (const name of families) {
      expect(types.get(name)).toBe(catalogue.find((entry) => entry.name === name)?.type)
    }
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
