import { describe, expect, it } from 'vitest'
import { createHttpMetrics } from '../../src/http/metrics.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { MetricsRenderer } from '../../src/observability/metrics/renderer.ts'
import { httpApp } from './fakes.ts'

function observedApp() {
  const registry = new MetricRegistry({ role: 'all' })
  const { app } = httpApp({ metrics: createHttpMetrics(registry) })
  const renderer = new MetricsRenderer({ registry, clock: { monotonicMs: () => 0 } })
  return {
    app,
    counts: async () => {
      const { body } = await renderer.render(undefined)
      return body
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('orderbook_http_request_duration_seconds_count'))
    },
  }
}

describe('http_request_duration_seconds', () => {
  it('labels requests with the pattern of their route, not with their URL', async () => {
    const { app, counts } = observedApp()
    await app.inject('/api/v1/snapshots/BTC-PERPETUAL')
    await app.inject('/api/v1/snapshots/NO-SUCH')
    await app.inject('/api/v1/snapshots/NO-OTHER?depth=7')
    expect(await counts()).toEqual([
      'orderbook_http_request_duration_seconds_count{method="GET",route="/api/v1/snapshots/:instrument",status="200"} 1',
      'orderbook_http_request_duration_seconds_count{method="GET",route="/api/v1/snapshots/:instrument",status="404"} 2',
    ])
  })

  it('labels all requests without a route and all unknown methods as other', async () => {
    const { app, counts } = observedApp()
    for (let attempt = 0; attempt < 20; attempt += 1) await app.inject(`/random/${attempt}`)
    expect(await counts()).toEqual([
      'orderbook_http_request_duration_seconds_count{method="GET",route="other",status="404"} 20',
    ])
  })

  it('counts a malformed URL', async () => {
    const { app, counts } = observedApp()
    await app.inject('/api/v1/snapshots/%E0%A4%A')
    expect(await counts()).toEqual([
      'orderbook_http_request_duration_seconds_count{method="GET",route="other",status="400"} 1',
    ])
  })

  it('counts a refused method under its route', async () => {
    const { app, counts } = observedApp()
    await app.inject({ method: 'DELETE', url: '/livez' })
    expect(await counts()).toEqual([
      'orderbook_http_request_duration_seconds_count{method="DELETE",route="/livez",status="405"} 1',
    ])
  })
})
