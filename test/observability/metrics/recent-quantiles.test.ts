import { describe, expect, it } from 'vitest'
import { HistogramSeries } from '../../../src/observability/metrics/histogram.ts'
import { RecentHistograms } from '../../../src/observability/metrics/recent-quantiles.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function recent() {
  const clock = new FakeClock()
  const series = new HistogramSeries([1, 2, 4])
  const histograms = new RecentHistograms(new Map([['stage', series]]), clock)
  histograms.start()
  return { clock, series, histograms, read: () => histograms.read().get('stage') }
}

describe('quantiles of the last minute', () => {
  it('are null without an observation', () => {
    expect(recent().read()).toEqual({ count: 0, p50: null, p99: null, mean: null })
  })

  it('are interpolated within their bucket', () => {
    const { series, read } = recent()
    for (let number = 0; number < 100; number += 1) series.observe(1.5)
    expect(read()).toEqual({ count: 100, p50: 1.5, p99: 1.99, mean: 1.5 })
  })

  it('are at most the last bound', () => {
    const { series, read } = recent()
    series.observe(1000)
    expect(read()).toEqual({ count: 1, p50: 4, p99: 4, mean: 1000 })
  })

  it('come with the mean of the same observations, whatever their buckets', () => {
    const { clock, series, read, histograms } = recent()
    series.observe(1000)
    clock.advance(61_000)
    for (const value of [0.25, 0.5, 3, 8.25]) series.observe(value)
    expect(read()?.mean).toBe(3)
    histograms.stop()
  })

  it('exclude observations older than a minute and include all younger than fifty seconds', () => {
    const { clock, series, read, histograms } = recent()
    clock.advance(5000)
    series.observe(3)
    clock.advance(49_000)
    expect(read()?.count).toBe(1)
    clock.advance(11_000)
    expect(read()?.count).toBe(0)
    histograms.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
