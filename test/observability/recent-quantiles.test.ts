import { describe, expect, it } from 'vitest'
import { HistogramCell } from '../../src/observability/histogram.ts'
import { RecentHistograms } from '../../src/observability/recent-quantiles.ts'
import { FakeClock } from '../support/fake-clock.ts'

function recent() {
  const clock = new FakeClock()
  const cell = new HistogramCell([1, 2, 4])
  const histograms = new RecentHistograms(new Map([['stage', cell]]), clock)
  histograms.start()
  return { clock, cell, histograms, read: () => histograms.read().get('stage') }
}

describe('the quantiles of the last minute', () => {
  it('are unknown without an observation', () => {
    expect(recent().read()).toEqual({ count: 0, p50: null, p99: null })
  })

  it('are interpolated within their bucket', () => {
    const { cell, read } = recent()
    for (let number = 0; number < 100; number += 1) cell.observe(1.5)
    expect(read()).toEqual({ count: 100, p50: 1.5, p99: 1.99 })
  })

  it('are at most the last bound', () => {
    const { cell, read } = recent()
    cell.observe(1000)
    expect(read()).toEqual({ count: 1, p50: 4, p99: 4 })
  })

  it('forget what is older than a minute, and nothing that is younger than fifty seconds', () => {
    const { clock, cell, read, histograms } = recent()
    clock.advance(5000)
    cell.observe(3)
    clock.advance(49_000)
    expect(read()?.count).toBe(1)
    clock.advance(11_000)
    expect(read()?.count).toBe(0)
    histograms.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
