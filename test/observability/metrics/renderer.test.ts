import { describe, expect, it } from 'vitest'
import * as catalogue from '../../../src/observability/catalogue/catalogue.ts'
import { MetricRegistry } from '../../../src/observability/metrics/registry.ts'
import { MetricsRenderer } from '../../../src/observability/metrics/renderer.ts'
import { startNodeMetrics } from '../../../src/observability/metrics/runtime-metrics.ts'
import { CREATED_MS, fullRegistry, parseExposition } from '../exposition.ts'

const OPENMETRICS = 'application/openmetrics-text;version=1.0.0'
const frozen = { monotonicMs: () => 0 }

async function expositionOf(registry: MetricRegistry, accept?: string): Promise<string> {
  const { body } = await new MetricsRenderer({ registry, clock: frozen }).render(accept)
  return body.toString()
}

describe('the renderer', () => {
  it('writes the same series in both formats when they alternate', async () => {
    const writeNodeMetrics = startNodeMetrics()
    const renderer = new MetricsRenderer({
      registry: fullRegistry(),
      clock: frozen,
      writeNodeMetrics,
    })
    const expositions: string[][] = []
    for (const accept of ['text/plain', OPENMETRICS, 'text/plain', OPENMETRICS]) {
      const { contentType, body } = await renderer.render(accept)
      expect(contentType).toContain(accept.split(';')[0])
      const { series } = parseExposition(body.toString())
      // Excludes series that a garbage collection, a timer or a tick in between adds or removes.
      expositions.push(
        [...series.keys()].filter(
          (name) => !/^nodejs_(gc|eventloop|active)_|_created\{/.test(name),
        ),
      )
    }
    expect(expositions[0]?.length).toBeGreaterThan(300)
    for (const exposition of expositions) expect(exposition).toEqual(expositions[0])
  })

  it('names counter families without their suffix in OpenMetrics, and their samples with it', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    registry.counter(catalogue.feedBytes).series({}).add(3)
    expect(await expositionOf(registry, OPENMETRICS)).toContain(
      [
        '# TYPE orderbook_feed_bytes counter',
        '# UNIT orderbook_feed_bytes bytes',
        `# HELP orderbook_feed_bytes ${catalogue.feedBytes.help}`,
        'orderbook_feed_bytes_total 3\n',
      ].join('\n'),
    )
    expect(await expositionOf(registry)).toContain(
      [
        `# HELP orderbook_feed_bytes_total ${catalogue.feedBytes.help}`,
        '# TYPE orderbook_feed_bytes_total counter',
        'orderbook_feed_bytes_total 3\n',
      ].join('\n'),
    )
  })

  it('says in OpenMetrics since when each counter and histogram counts, but for those of an instrument', async () => {
    const registry = fullRegistry()
    const { series, types } = parseExposition(await expositionOf(registry, OPENMETRICS))
    const names = [...series.keys()]
    const counting = names.filter((key) => {
      const [, name = ''] = /^(.+)_(?:total|count)\{/.exec(key) ?? []
      return types.get(name) === 'counter' || types.get(name) === 'histogram'
    })
    const dates = names.filter((key) => key.includes('_created{'))
    const expected = counting
      .filter((key) => !key.includes('instrument='))
      .map((key) => key.replace(/_(total|count)\{/, '_created{'))
    expect(dates).toEqual(expected)
    expect(dates.length).toBeGreaterThan(100)
    for (const key of dates) expect(series.get(key)).toBe(CREATED_MS / 1000)
    expect(await expositionOf(registry)).not.toContain('_created')
  })

  it('dates a series at its first use', async () => {
    let nowMs = 1000
    const registry = new MetricRegistry({ role: 'all', clock: { nowMs: () => nowMs } })
    const requests = registry.histogram(catalogue.httpRequestDuration)
    const labels = { method: 'GET', route: '/', status: '200' } as const
    requests.series(labels)
    nowMs = 2500
    requests.series(labels).observe(1)
    requests.series({ ...labels, route: '/metrics' })
    const { series } = parseExposition(await expositionOf(registry, OPENMETRICS))
    const dateOf = (route: string) =>
      series.get(
        `orderbook_http_request_duration_seconds_created{method=GET,route=${route},status=200}`,
      )
    expect([dateOf('/'), dateOf('/metrics')]).toEqual([1, 2.5])
  })

  it('writes integer bounds as floats only in OpenMetrics', async () => {
    const registry = fullRegistry()
    const openMetrics = await expositionOf(registry, OPENMETRICS)
    expect(openMetrics).toContain('le="1.0"')
    expect(openMetrics).not.toMatch(/le="\d+"/)
    expect(openMetrics.endsWith('\n# EOF\n')).toBe(true)
    const text = await expositionOf(registry)
    expect(text).toContain('le="1"')
    expect(text).not.toContain('# EOF')
  })

  it('escapes label values', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    registry.gauge(catalogue.up, () => [{ labels: { instrument: 'a"b\\c\nd' }, value: 1 }])
    expect(await expositionOf(registry)).toContain('orderbook_up{instrument="a\\"b\\\\c\\nd"} 1\n')
    expect(await expositionOf(registry, OPENMETRICS)).toContain('{instrument="a\\"b\\\\c\\nd"} 1\n')
  })

  it('omits samples that are not finite and families without samples', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    registry.gauge(catalogue.midPrice, () =>
      [NaN, Infinity, -Infinity].map((value) => ({ labels: { instrument: String(value) }, value })),
    )
    registry.gauge(catalogue.up, () => [])
    const exposition = await expositionOf(registry)
    expect(exposition).not.toContain('mid_price')
    expect(exposition).not.toContain('orderbook_up')
    expect(exposition).not.toMatch(/NaN|Inf/)
  })

  it('writes every finite number without loss', async () => {
    const numbers = [1e-7, 5e-324, 1e21, Number.MAX_SAFE_INTEGER, 0.1, -0.5, 1_790_000_001.093]
    const registry = new MetricRegistry({ role: 'all' })
    registry.gauge(catalogue.midPrice, () =>
      numbers.map((value) => ({ labels: { instrument: String(value) }, value })),
    )
    const { series } = parseExposition(await expositionOf(registry, OPENMETRICS))
    for (const value of numbers) {
      expect(series.get(`orderbook_mid_price{instrument=${value}}`)).toBe(value)
    }
  })

  it('fails the whole scrape when one collector throws, and renders the next one', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    let isBroken = true
    registry.counter(catalogue.feedConnects)
    registry.gauge(catalogue.up, () => {
      if (isBroken) throw new Error('broken')
      return [{ labels: { instrument: 'A' }, value: 1 }]
    })
    const renderer = new MetricsRenderer({ registry, clock: frozen })
    await expect(renderer.render(undefined)).rejects.toThrow('broken')
    isBroken = false
    expect((await renderer.render(undefined)).body.toString()).toContain('orderbook_up')
  })

  it('renders once for concurrent scrapes of a format', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    let readings = 0
    registry.gauge(catalogue.feedConnected, () => {
      readings += 1
      return [{ labels: {}, value: 1 }]
    })
    const renderer = new MetricsRenderer({ registry, clock: frozen })
    const [first, second, other] = await Promise.all([
      renderer.render('text/plain'),
      renderer.render(undefined),
      renderer.render(OPENMETRICS),
    ])
    expect(readings).toBe(2)
    expect(second).toBe(first)
    expect([...parseExposition(other.body.toString()).series]).toEqual([
      ...parseExposition(first.body.toString()).series,
    ])
    await renderer.render('text/plain')
    expect(readings).toBe(3)
  })

  it('yields to the event loop after 3 ms of collecting, and before and after the metrics of Node', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    let nowMs = 0
    let collected = 0
    const pauses: (number | 'node')[] = []
    registry.gauge(catalogue.up, function* () {
      for (let index = 0; index < 100; index += 1) {
        collected += 1
        nowMs += 0.5
        yield { labels: { instrument: `I${index}` }, value: 1 }
      }
    })
    const renderer = new MetricsRenderer({
      registry,
      clock: { monotonicMs: () => nowMs },
      pause: () => {
        pauses.push(collected)
        return Promise.resolve()
      },
      writeNodeMetrics: () => {
        pauses.push('node')
        return Promise.resolve()
      },
    })
    const { body } = await renderer.render(undefined)
    const slices = Array.from({ length: 16 }, (_, slice) => 6 * (slice + 1))
    expect(pauses).toEqual([...slices, 100, 'node', 100])
    const { series } = parseExposition(body.toString())
    expect(series.size).toBe(101)
    expect(series.get('orderbook_scrape_duration_seconds{}')).toBe(0.05)
  })

  it('yields after a collector that took long without a sample, before the next one', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    let nowMs = 0
    const events: string[] = []
    const collectSlowly = (name: string) => () => {
      events.push(name)
      nowMs += 4
      return []
    }
    registry.gauge(catalogue.up, collectSlowly('up'))
    registry.gauge(catalogue.tickSize, collectSlowly('tick'))
    const renderer = new MetricsRenderer({
      registry,
      clock: { monotonicMs: () => nowMs },
      pause: () => {
        events.push('pause')
        return Promise.resolve()
      },
    })
    await renderer.render(undefined)
    expect(events.slice(0, 4)).toEqual(['up', 'pause', 'tick', 'pause'])
  })

  it('lets other code run while a large exposition is rendered', async () => {
    const registry = new MetricRegistry({ role: 'all' })
    let nowMs = 0
    registry.gauge(catalogue.up, function* () {
      for (let index = 0; index < 20_000; index += 1) {
        nowMs += 0.01
        yield { labels: { instrument: `I${index}` }, value: index }
      }
    })
    const renderer = new MetricsRenderer({ registry, clock: { monotonicMs: () => nowMs } })
    let ticks = 0
    let isDone = false
    const tick = () => {
      ticks += 1
      if (!isDone) setImmediate(tick)
    }
    setImmediate(tick)
    const { body } = await renderer.render(undefined)
    isDone = true
    expect(ticks).toBeGreaterThanOrEqual(39)
    expect(parseExposition(body.toString()).series.size).toBe(20_001)
  })
})
