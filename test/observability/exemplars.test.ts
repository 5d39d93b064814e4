import { describe, expect, it } from 'vitest'
import { pipelineLag } from '../../src/observability/catalogue.ts'
import { MetricRegistry } from '../../src/observability/registry.ts'
import { MetricsRenderer } from '../../src/observability/renderer.ts'
import { parsePage } from './exposition.ts'

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0'
const NOW_MS = 1_790_000_000_123
const [FIRST, SECOND] = ['1'.repeat(32), '2'.repeat(32)]

function histogram() {
  const registry = new MetricRegistry({ role: 'all' })
  const cell = registry.histogram(pipelineLag).cell({ stage: 'receive_to_publish' })
  const renderer = new MetricsRenderer({ registry, clock: { monotonicMs: () => 0 } })
  const page = async (accept: string) => (await renderer.render(accept)).body.toString()
  const exemplars = async () => {
    const { exemplars } = parsePage(await page(OPENMETRICS))
    return [...exemplars].map(([series, exemplar]) => [/le=([^,}]+)/.exec(series)?.[1], exemplar])
  }
  return { cell, page, exemplars }
}

describe('exemplars of a histogram', () => {
  it('stand at the bucket of their value, the newest of each', async () => {
    const { cell, exemplars } = histogram()
    for (const value of [0.3, 0.4, 90]) cell.observe(value)
    cell.mark(0.3, FIRST, NOW_MS)
    cell.mark(0.4, SECOND, NOW_MS + 1)
    cell.mark(90, FIRST, NOW_MS)
    expect(await exemplars()).toEqual([
      ['0.5', { traceId: SECOND, value: 0.4, timestampSeconds: 1_790_000_000.124 }],
      ['+Inf', { traceId: FIRST, value: 90, timestampSeconds: 1_790_000_000.123 }],
    ])
  })

  it('are in OpenMetrics alone, where the other format has the same series', async () => {
    const { cell, page } = histogram()
    cell.observe(0.3)
    cell.mark(0.3, FIRST, NOW_MS)
    const text = await page('text/plain')
    expect(text).not.toContain(FIRST)
    expect(text).not.toMatch(/ # /)
    const openMetrics = await page(OPENMETRICS)
    expect(openMetrics).toContain(`le="0.5"} 1 # {trace_id="${FIRST}"} 0.3 1790000000.123\n`)
    expect([...parsePage(openMetrics).series]).toEqual([...parsePage(text).series])
  })

  it('take nothing but a trace id, and no value that is not a number', async () => {
    const { cell, exemplars } = histogram()
    for (const id of ['', 'x', '1'.repeat(31), `${'1'.repeat(31)}"`, '1'.repeat(200)]) {
      cell.mark(0.3, id, NOW_MS)
    }
    cell.mark(NaN, FIRST, NOW_MS)
    cell.observe(0.3)
    expect(await exemplars()).toEqual([])
    // A clock that is behind: observed as 0, shown as 0.
    cell.mark(-1, FIRST, NOW_MS)
    expect(await exemplars()).toMatchObject([['0.0001', { value: 0 }]])
  })
})
