import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createHttpMetrics } from '../../../src/http/metrics.ts'
import { createHttpServer } from '../../../src/http/server.ts'
import { MetricRegistry } from '../../../src/observability/metrics/registry.ts'
import { type Clock, systemClock } from '../../../src/time/clock.ts'
import { registerCleanUp } from '../../support/clean-up.ts'
import { eventually } from '../../support/eventually.ts'
import { FakeSnapshots, httpDeps, liveView, PLAIN } from '../fakes.ts'

const BTC = 'BTC-PERPETUAL'
const PATH = '/api/v1/stream'

/** A clock that runs faster by a factor. */
function fastClock(factor: number): Clock {
  return {
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs() * factor,
    setTimer: (callback, delayMs) => systemClock.setTimer(callback, delayMs / factor),
  }
}

async function startServer(options: { snapshots?: FakeSnapshots; clock?: Clock } = {}) {
  const { snapshots = new FakeSnapshots(liveView()), clock = systemClock } = options
  const metrics = createHttpMetrics(new MetricRegistry({ role: 'all' }))
  const deps = httpDeps({ snapshots, clock, metrics })
  const server = createHttpServer({ host: '127.0.0.1', port: 0, ...PLAIN }, deps)
  registerCleanUp(() => server.stop(1000))
  const { address, port } = await server.start()
  const abort = new AbortController()
  registerCleanUp(() => abort.abort())
  const open = (query = '') =>
    fetch(`http://${address}:${port}${PATH}${query}`, { signal: abort.signal })
  return { server, port, metrics, snapshots, open, abort }
}

const countOf = ({ counts }: { counts: ArrayLike<number> }) =>
  Array.from(counts).reduce((sum, count) => sum + count, 0)

/** Reads a stream until it matches `pattern`. */
async function readUntil(response: Response, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    if (pattern.test(text)) break
  }
  return text
}

describe(`GET ${PATH}`, () => {
  it('is neither cached, compressed nor buffered', async () => {
    const { open } = await startServer()
    const response = await open(`?instruments=${BTC}`)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    })
    expect(response.headers.has('content-encoding')).toBe(false)
    const text = await readUntil(response, /event: snapshot[^]*\n\n/)
    expect(text).toMatch(/^retry: 1000\n\nevent: state\ndata: \{.*\}\n\nevent: snapshot\nid: /)
  })

  it('sends all instruments without names', async () => {
    const { open, snapshots } = await startServer()
    snapshots.books.set('ETH-PERPETUAL', null)
    const text = await readUntil(await open(), /ETH-PERPETUAL/)
    expect(text).toContain(BTC)
  })

  it.each([
    ['51 names', Array.from({ length: 51 }, (_, index) => `I-${index}`).join(',')],
    ['no name', ''],
    ['an empty name', `${BTC},`],
    ['a malformed name', 'BTC%20PERPETUAL'],
    ['a name too long', 'A'.repeat(65)],
    ['two lists', `${BTC}&instruments=${BTC}`],
  ])('refuses %s', async (_what, instruments) => {
    const { open } = await startServer()
    const response = await open(`?instruments=${instruments}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ type: '/problems/bad-request' })
  })

  it('accepts 50 names and deduplicates them', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `I-${index}`)
    const { open } = await startServer({
      snapshots: new FakeSnapshots(...names.map((instrument) => liveView({ instrument }))),
    })
    expect((await open(`?instruments=${names.join(',')}`)).status).toBe(200)
    const text = await readUntil(await open('?instruments=I-1,I-1'), /event: snapshot[^]*\n\n/)
    expect(text.match(/event: state/g)).toHaveLength(1)
  })

  it('requires names if more than 50 books are live', async () => {
    const { open, snapshots } = await startServer()
    for (let index = 0; index < 50; index += 1) {
      snapshots.books.set(`I-${index}`, liveView({ instrument: `I-${index}` }))
    }
    const response = await open()
    expect(response.status).toBe(400)
    expect(((await response.json()) as { detail: string }).detail).toContain('51 books are live')
  })

  it('answers 404 for a name that is unknown or belongs to another process', async () => {
    const { open, snapshots } = await startServer()
    snapshots.foreign.set('SOL_USDC-PERPETUAL', 3)
    const unknown = await open(`?instruments=${BTC},NO-SUCH`)
    expect([unknown.status, await unknown.json()]).toMatchObject([
      404,
      { type: '/problems/unknown-instrument' },
    ])
    const foreign = await open(`?instruments=${BTC},SOL_USDC-PERPETUAL`)
    expect([foreign.status, await foreign.json()]).toMatchObject([
      404,
      { type: '/problems/not-owned', instrument: 'SOL_USDC-PERPETUAL', partition: 3 },
    ])
  })

  it('counts open streams, and the request when its headers are sent', async () => {
    const { open, metrics, abort } = await startServer()
    const response = await open(`?instruments=${BTC}`)
    expect(response.status).toBe(200)
    expect(metrics.streams.open).toBe(1)
    const labels = { method: 'GET', route: PATH, status: '200' } as const
    expect(countOf(metrics.requestDuration.series(labels))).toBe(1)
    abort.abort()
    await eventually(() => metrics.streams.open === 0)
    expect(countOf(metrics.requestDuration.series(labels))).toBe(1)
  })

  it('is refused over 500 streams with Retry-After', async () => {
    const { open, metrics } = await startServer()
    // Keeps references, because an unreferenced response and its connection are garbage-collected.
    const held: Response[] = []
    for (let group = 0; group < 10; group += 1) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => open(`?instruments=${BTC}`)),
      )
      expect(answers.every(({ status }) => status === 200)).toBe(true)
      held.push(...answers)
    }
    expect([metrics.streams.open, held.length]).toEqual([500, 500])
    const response = await open(`?instruments=${BTC}`)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await response.json()).toMatchObject({ type: '/problems/too-many-streams' })
  })

  it('ends when the server stops', async () => {
    const { open, server, metrics } = await startServer()
    const response = await open(`?instruments=${BTC}`)
    const text = response.text()
    await server.stop(5000)
    expect(await text).toContain('retry: 1000')
    expect(metrics.streams.open).toBe(0)
  })

  it('is closed if the client does not read', async () => {
    const snapshots = new FakeSnapshots()
    // Large, changing snapshots fill the socket buffers of the operating system.
    let updatesTotal = 0
    const bids = Array.from({ length: 20_000 }, (): [number, number] => [61_000.5, 24_990])
    const view = () => liveView({ updatesTotal: (updatesTotal += 1), bids })
    snapshots.instrument = view
    snapshots.snapshot = view
    const { port, metrics } = await startServer({ snapshots, clock: fastClock(20) })
    const socket = connect(port, '127.0.0.1')
    registerCleanUp(() => socket.destroy())
    socket.on('error', () => undefined)
    socket.write(`GET ${PATH}?instruments=${BTC} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(socket, 'connect')
    socket.pause()
    await eventually(() => metrics.streams.evictions.value === 1)
    expect(metrics.streams.open).toBe(0)
    socket.resume()
    await once(socket, 'close')
  })
})
