import { createServer, type ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import {
  ApiProblem,
  createApiClient,
  type Snapshot,
  type StreamEvent,
} from '../../client/api-client.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { FakeSnapshots, httpDeps, liveView, PLAIN } from '../http/fakes.ts'
import { registerCleanUp } from '../support/clean-up.ts'

const BTC = 'BTC-PERPETUAL'

async function startService() {
  const snapshots = new FakeSnapshots(liveView())
  const server = createHttpServer({ host: '127.0.0.1', port: 0, ...PLAIN }, httpDeps({ snapshots }))
  registerCleanUp(() => server.stop(1000))
  const { address, port } = await server.start()
  return { server, snapshots, client: createApiClient({ baseUrl: `http://${address}:${port}` }) }
}

/** A server that answers as configured. */
async function startAnswering(answer: (response: ServerResponse) => void) {
  const authorizations: (string | undefined)[] = []
  const urls: (string | undefined)[] = []
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization)
    urls.push(request.url)
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  registerCleanUp(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return { baseUrl: `http://127.0.0.1:${address.port}`, authorizations, urls }
}

describe('the client', () => {
  it('has typed routes, parameters and responses', async () => {
    const { client } = await startService()
    const { data, error } = await client.rest.GET('/api/v1/snapshots/{instrument}', {
      params: { path: { instrument: BTC }, query: { depth: 1 } },
    })
    expect(error).toBeUndefined()
    const snapshot: Snapshot | undefined = data
    expect([snapshot?.midPrice, snapshot?.bids]).toEqual([61_000.25, [[61_000, 24_990]]])
  })

  it('returns the problem of a failed request', async () => {
    const { client } = await startService()
    const { error } = await client.rest.GET('/api/v1/snapshots/{instrument}', {
      params: { path: { instrument: 'NO-SUCH' } },
    })
    expect(error?.type).toBe('/problems/unknown-instrument')
  })

  it('reads the stream, and closes the connection when its reader stops', async () => {
    const { client, server } = await startService()
    const seen: StreamEvent[] = []
    for await (const event of client.stream({ instruments: [BTC] })) {
      seen.push(event)
      if (event.event === 'snapshot') break
    }
    expect(seen).toMatchObject([
      { event: 'state', data: { instrument: BTC, state: 'live' } },
      { event: 'snapshot', data: { instrument: BTC, midPrice: 61_000.25 } },
    ])
    // A connection left open would hold it until its time is up.
    const startedMs = performance.now()
    await server.stop(20_000)
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  })

  it('ends the stream when the service closes it', async () => {
    const { client, server } = await startService()
    let count = 0
    for await (const { event } of client.stream()) {
      count += 1
      if (event === 'snapshot') void server.stop(5000)
    }
    expect(count).toBeGreaterThanOrEqual(2)
  })

  it('ends the stream when its signal aborts', async () => {
    const { client } = await startService()
    const abort = new AbortController()
    const read = async () => {
      for await (const { event } of client.stream({ signal: abort.signal })) {
        if (event === 'snapshot') abort.abort()
      }
    }
    await expect(read()).rejects.toThrow(/abort/)
  })

  it('throws the problem of a stream that is refused', async () => {
    const { client } = await startService()
    const refused = await client
      .stream({ instruments: ['NO-SUCH'] })
      .next()
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ApiProblem)
    expect(refused).toMatchObject({
      status: 404,
      problem: { type: '/problems/unknown-instrument' },
    })
  })

  it('throws the status if the response is not a problem', async () => {
    const { baseUrl } = await startAnswering((response) => response.writeHead(502).end('<html>'))
    await expect(createApiClient({ baseUrl }).stream().next()).rejects.toMatchObject({
      status: 502,
      problem: null,
    })
  })

  it.each(['/books', '/books/', '/outer/books//'])('keeps the prefix of %s', async (prefix) => {
    const { baseUrl, urls } = await startAnswering((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
    )
    const client = createApiClient({ baseUrl: `${baseUrl}${prefix}` })
    await client.rest.GET('/api/v1/pipeline')
    await client.stream().next()
    const plain = prefix.replace(/\/+$/, '')
    expect(urls).toEqual([`${plain}/api/v1/pipeline`, `${plain}/api/v1/stream`])
  })

  it('sends the current token', async () => {
    const { baseUrl, authorizations } = await startAnswering((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
    )
    let token: string | null = null
    const client = createApiClient({ baseUrl, token: () => token })
    await client.rest.GET('/api/v1/instruments')
    token = 'abc'
    await client.rest.GET('/api/v1/instruments')
    await client.stream().next()
    expect(authorizations).toEqual([undefined, 'Bearer abc', 'Bearer abc'])
  })

  it('ends the stream after silence', async () => {
    const { baseUrl } = await startAnswering((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: later\ndata: {}\n\nevent: state\ndata: {"instrument":"A"}\n\n')
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    registerCleanUp(() => vi.useRealTimers())
    const events = createApiClient({ baseUrl }).stream()
    expect((await events.next()).value).toEqual({ event: 'state', data: { instrument: 'A' } })
    const next = events.next().catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(19_000)
    expect(await Promise.race([next, Promise.resolve('waits')])).toBe('waits')
    await vi.advanceTimersByTimeAsync(2000)
    expect(String(await next)).toContain('no data for 20 s')
  })
})
