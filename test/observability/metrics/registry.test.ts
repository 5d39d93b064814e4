import { describe, expect, it } from 'vitest'
import * as catalogue from '../../../src/observability/catalogue/catalogue.ts'
import { MetricRegistry } from '../../../src/observability/metrics/registry.ts'
import { MetricsRenderer } from '../../../src/observability/metrics/renderer.ts'
import { parseExposition } from '../exposition.ts'

async function seriesOf(registry: MetricRegistry): Promise<Record<string, number>> {
  const renderer = new MetricsRenderer({ registry, clock: { monotonicMs: () => 0 } })
  const { body } = await renderer.render(undefined)
  const series = new Map(parseExposition(body.toString()).series)
  series.delete('orderbook_scrape_duration_seconds{}')
  return Object.fromEntries(series)
}

describe('a counter', () => {
  it('starts at 0 for every value of its closed labels', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    registry.counter(catalogue.consumerRestarts)
    expect(await seriesOf(registry)).toEqual({
      'orderbook_consumer_restarts_total{reason=crash}': 0,
      'orderbook_consumer_restarts_total{reason=no_fetch}': 0,
    })
  })

  it('is the same for every caller', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    registry.counter(catalogue.feedBytes).series({}).add(5)
    registry.counter(catalogue.feedBytes).series({}).add()
    expect(await seriesOf(registry)).toEqual({ 'orderbook_feed_bytes_total{}': 6 })
  })

  it('creates every closed value together with a new open one', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    const produced = registry.counter(catalogue.producedRecords)
    const overLimit = {
      'orderbook_label_sets_dropped_total{metric=orderbook_produced_records_total}': 0,
    }
    expect(await seriesOf(registry)).toEqual(overLimit)
    produced.start({ topic: 'trades' })
    produced.series({ topic: 'prices', kind: 'frame' }).add(2)
    expect(await seriesOf(registry)).toEqual({
      ...overLimit,
      'orderbook_produced_records_total{topic=trades,kind=frame}': 0,
      'orderbook_produced_records_total{topic=trades,kind=checkpoint}': 0,
      'orderbook_produced_records_total{topic=prices,kind=frame}': 2,
      'orderbook_produced_records_total{topic=prices,kind=checkpoint}': 0,
    })
  })

  it('removes series and restarts them at 0', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    const gaps = registry.counter(catalogue.gaps)
    const held = gaps.series({ instrument: 'A' })
    held.add()
    gaps.series({ instrument: 'B' }).add()
    gaps.remove({ instrument: 'A' })
    held.add()
    expect(await seriesOf(registry)).toEqual({
      'orderbook_gaps_total{instrument=B}': 1,
      'orderbook_label_sets_dropped_total{metric=orderbook_gaps_total}': 0,
    })
    gaps.series({ instrument: 'A' })
    expect(await seriesOf(registry)).toMatchObject({ 'orderbook_gaps_total{instrument=A}': 0 })
  })

  it('drops and counts new label sets at the limit', async () => {
    const registry = new MetricRegistry({ role: 'all', maxLabelSets: 3 })
    const gaps = registry.counter(catalogue.gaps)
    const requests = registry.histogram(catalogue.httpRequestDuration)
    for (let number = 0; number < 10; number += 1) gaps.series({ instrument: `X-${number}` }).add()
    gaps.start({ instrument: 'Y' })
    gaps.series({ instrument: 'X-1' }).add()
    for (const status of ['200', '404', '503', '418', '429']) {
      requests.series({ method: 'GET', route: '/', status }).observe(1)
    }
    const series = await seriesOf(registry)
    const namesOf = (metric: string) =>
      Object.keys(series).filter((name) => name.startsWith(metric))
    expect(series).toMatchObject({
      'orderbook_gaps_total{instrument=X-0}': 1,
      'orderbook_gaps_total{instrument=X-1}': 2,
      'orderbook_label_sets_dropped_total{metric=orderbook_gaps_total}': 7,
      'orderbook_label_sets_dropped_total{metric=orderbook_http_request_duration_seconds}': 2,
    })
    expect(namesOf('orderbook_gaps_total')).toHaveLength(3)
    expect(namesOf('orderbook_http_request_duration_seconds_count')).toHaveLength(3)
    gaps.remove({ instrument: 'X-0' })
    gaps.series({ instrument: 'X-9' }).add()
    expect(await seriesOf(registry)).toMatchObject({ 'orderbook_gaps_total{instrument=X-9}': 1 })
  })

  it('rejects a value outside a closed list, as the compiler does', () => {
    const restarts = new MetricRegistry({ role: 'all' }).counter(catalogue.consumerRestarts)
    // @ts-expect-error -- not in the list
    expect(() => restarts.series({ reason: 'boredom' })).toThrow('cannot be boredom')
    // @ts-expect-error -- no such label
    expect(() => restarts.series({ cause: 'crash' })).toThrow('reason has no value')
  })
})

describe('a histogram', () => {
  it('counts each observation in its bucket and ignores invalid values', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    const histogram = registry.histogram(catalogue.produceBatchRecords).series({})
    for (const value of [1, 1.5, 10_000, 10_001, NaN, Infinity, -Infinity, -3])
      histogram.observe(value)
    const series = await seriesOf(registry)
    expect(series).toMatchObject({
      'orderbook_produce_batch_records_bucket{le=1}': 2,
      'orderbook_produce_batch_records_bucket{le=2}': 3,
      'orderbook_produce_batch_records_bucket{le=10000}': 4,
      'orderbook_produce_batch_records_bucket{le=+Inf}': 5,
      'orderbook_produce_batch_records_count{}': 5,
      'orderbook_produce_batch_records_sum{}': 1 + 1.5 + 10_000 + 10_001,
    })
  })

  it('distinguishes label sets whose joined values are equal', () => {
    const durations = new MetricRegistry({ role: 'all' }).histogram(catalogue.httpRequestDuration)
    const one = durations.series({ method: 'GET', route: '/a', status: '1200' })
    const other = durations.series({ method: 'GET', route: '/a1', status: '200' })
    expect(other).not.toBe(one)
    expect(durations.series({ status: '1200', route: '/a', method: 'GET' })).toBe(one)
  })

  it('has only the requested label sets', async () => {
    const registry = new MetricRegistry({ role: 'consumer' })
    registry.histogram(catalogue.pipelineLag).series({ stage: 'receive_to_publish' })
    const names = Object.keys(await seriesOf(registry))
    expect(names).toHaveLength(25)
    for (const name of names) expect(name).toContain('stage=receive_to_publish')
  })
})

describe('the registry', () => {
  it('rejects a metric of the other role', () => {
    const producer = new MetricRegistry({ role: 'producer' })
    expect(() => producer.counter(catalogue.consumedRecords)).toThrow('role producer')
    expect(() => producer.gauge(catalogue.up, () => [])).toThrow('role producer')
    const consumer = new MetricRegistry({ role: 'consumer' })
    expect(() => consumer.histogram(catalogue.feedRoundTrip)).toThrow('role consumer')
    expect(consumer.counter(catalogue.clockSkewEvents)).toBeDefined()
  })

  it('rejects a second source for the same gauge', () => {
    const registry = new MetricRegistry({ role: 'all' })
    registry.gauge(catalogue.feedConnected, () => [])
    expect(() => registry.gauge(catalogue.feedConnected, () => [])).toThrow('is already registered')
  })

  it('writes each family of a group as one block', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    registry.family([catalogue.up, catalogue.updates], function* (writer) {
      for (const instrument of ['A', 'B']) {
        writer.write(catalogue.up, { instrument }, 1)
        writer.write(catalogue.updates, { instrument }, 7)
        yield
      }
    })
    expect(Object.keys(await seriesOf(registry))).toEqual([
      'orderbook_up{instrument=A}',
      'orderbook_up{instrument=B}',
      'orderbook_updates_total{instrument=A}',
      'orderbook_updates_total{instrument=B}',
    ])
  })
})
