import { describe, expect, it } from 'vitest'
import { pipelineLag } from '../../src/observability/catalogue/catalogue.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { MetricsRenderer } from '../../src/observability/metrics/renderer.ts'
import { parseExposition } from './exposition.ts'

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0'
const NOW_MS = 1_790_000_000_123
const [FIRST, SECOND] = ['1'.repeat(32), '2'.repeat(32)]

function histogram() {
  const registry = new MetricRegistry({ role: 'all' })
  const series = registry.histogram(pipelineLag).series({ stage: 'receive_to_publish' })
  const renderer = new MetricsRenderer({ registry, clock: { monotonicMs: () => 0 } })
  const exposition = async (accept: string) => (await renderer.render(accept)).body.toString()
  const exemplars = async () => {
    const { exemplars } = parseExposition(await exposition(OPENMETRICS))
    return [...exemplars].map(([series, exemplar]) => [/le=([^,}]+)/.exec(series)?.[1], exemplar])
  }
  return { series, exposition, exemplars }
}

describe('exemplars of a histogram', () => {
  it('are kept per bucket, the newest of each', async () => {
    const { series, exemplars } = histogram()
    for (const value of [0.3, 0.4, 90]) series.observe(value)
    series.setExemplar(0.3, FIRST, NOW_MS)
    series.setExemplar(0.4, SECOND, NOW_MS + 1)
    series.setExemplar(90, FIRST, NOW_MS)
    expect(await exemplars()).toEqual([
      ['0.5', { traceId: SECOND, value: 0.4, timestampSeconds: 1_790_000_000.124 }],
      ['+Inf', { traceId: FIRST, value: 90, timestampSeconds: 1_790_000_000.123 }],
    ])
  })

  it('are only in OpenMetrics; the text format has the same series', async () => {
    const { series, exposition } = histogram()
    series.observe(0.3)
    series.setExemplar(0.3, FIRST, NOW_MS)
    const text = await exposition('text/plain')
    expect(text).not.toContain(FIRST)
    expect(text).not.toMatch(/ # /)
    const openMetrics = await exposition(OPENMETRICS)
    expect(openMetrics).toContain(`le="0.5"} 1 # {trace_id="${FIRST}"} 0.3 1790000000.123\n`)
    expect([...parseExposition(openMetrics).series]).toEqual([...parseExposition(text).series])
  })

  it('reject invalid trace ids and values that are not numbers', async () => {
    const { series, exemplars } = histogram()
    for (const id of ['', 'x', '1'.repeat(31), `${'1'.repeat(31)}"`, '1'.repeat(200)]) {
      series.setExemplar(0.3, id, NOW_MS)
    }
    series.setExemplar(NaN, FIRST, NOW_MS)
    series.observe(0.3)
    expect(await exemplars()).toEqual([])
    // A clock that is behind: observed and exposed as 0.
    series.setExemplar(-1, FIRST, NOW_MS)
    expect(await exemplars()).toMatchObject([['0.000005', { value: 0 }]])
  })
})
