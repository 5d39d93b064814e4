import { once } from 'node:events'
import { connect } from 'node:net'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createHttpMetrics } from '../../src/http/metrics.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { exchange } from './exchange.ts'
import { httpApp, httpDeps, PLAIN, recordingLogger } from './fakes.ts'
import { silentClients } from './silent-clients.ts'

const BOOK = '/api/v1/snapshots/BTC-PERPETUAL'

async function startServer() {
  const logger = recordingLogger()
  const metrics = createHttpMetrics(new MetricRegistry({ role: 'all' }))
  const deps = httpDeps({ logger, metrics })
  const options = { ...PLAIN, host: '127.0.0.1', port: 0, requestsPerSecond: 1_000_000 }
  const server = createHttpServer(options, deps)
  registerCleanUp(() => server.stop(1000))
  const { port } = await server.start()
  return { port, logger, metrics }
}

/** Builds a complete request that closes its connection. */
const asking = (path: string, headers = '') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`

const REFUSED: readonly [what: string, request: string, status: number][] = [
  ['a depth below 1', asking(`${BOOK}?depth=-1`), 400],
  ['a depth above 1000', asking(`${BOOK}?depth=1e9`), 400],
  ['a depth that is no number', asking(`${BOOK}?depth=deep`), 400],
  ['a depth that is code', asking(`${BOOK}?depth=__proto__`), 400],
  ['a depth given twice', asking(`${BOOK}?depth=1&depth=2`), 400],
  ['a depth as a list', asking(`${BOOK}?depth[]=1&depth[x]=2`), 400],
  ['a name of 8 kB', asking(`/api/v1/snapshots/${'A'.repeat(8192)}`), 414],
  ['8 kB of names', asking(`/api/v1/stream?instruments=${'A,'.repeat(4096)}`), 414],
  ['a slash within a name', asking('/api/v1/snapshots/BTC%2FPERPETUAL'), 404],
  ['a path traversal', asking('/docs/static/%2e%2e%2f%2e%2e%2fpackage.json'), 404],
  ['a way out, plainly', asking('/docs/static/../../package.json'), 403],
  ['a name with a zero byte', asking('/api/v1/snapshots/BTC%00'), 404],
  ['a name that is not UTF-8', asking('/api/v1/snapshots/%ff%fe'), 400],
  ['a name of an object prototype', asking('/api/v1/snapshots/__proto__'), 404],
  ['a header of 20 kB', asking('/livez', `X-Long: ${'x'.repeat(20_000)}\r\n`), 431],
  ['a flood of headers', asking('/livez', 'X-Many: 1\r\n'.repeat(2000)), 431],
  ['a header without a colon', asking('/livez', 'no colon here\r\n'), 400],
  ['two lengths', asking('/livez', 'Content-Length: 1\r\nContent-Length: 2\r\n'), 400],
  [
    'a length beside chunks',
    asking('/livez', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n'),
    400,
  ],
  ['no host', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['an unknown method', 'BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['an invalid version', 'GET /livez HTTP/9.9\r\nHost: x\r\n\r\n', 400],
  ['a handshake of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
  ['an expectation', asking('/livez', 'Expect: 200-maybe\r\n'), 200],
  ['a name of 101 characters', asking(`/api/v1/snapshots/${'A'.repeat(101)}`), 404],
  ['an upgrade', asking('/livez', 'Upgrade: websocket\r\nConnection: Upgrade\r\n'), 200],
]

describe('bad input', () => {
  it.each(REFUSED)('%s is answered without a log message', async (_what, request, status) => {
    const { port, logger } = await startServer()
    const answer = await exchange(port, request)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    if (status !== 200) {
      expect(answer).toMatch(/^content-type: application\/problem\+json/im)
      expect(answer).toMatch(new RegExp(`"status":${status}[,}]`))
    }
    expect(logger.lines).toEqual([])
  })

  it('after a valid request does not affect other clients', async () => {
    const { port, logger } = await startServer()
    const keepOpen = `GET ${BOOK} HTTP/1.1\r\nHost: x\r\n\r\n`
    const answer = await exchange(port, `${keepOpen}${keepOpen}garbage\r\n\r\n`)
    expect(answer).toContain('HTTP/1.1 400 Bad Request')
    expect(await exchange(port, asking(BOOK))).toMatch(/^HTTP\/1.1 200 /)
    expect(logger.lines).toEqual([])
  })

  it('during a stream closes it without writing into it', async () => {
    const { port, logger, metrics } = await startServer()
    const open = 'GET /api/v1/stream?instruments=BTC-PERPETUAL HTTP/1.1\r\nHost: x\r\n\r\n'
    const answer = await exchange(port, `${open}garbage\r\n\r\n`)
    expect(answer).not.toMatch(/event[^]*HTTP\/1.1 400/)
    await eventually(() => metrics.streams.open === 0)
    expect(logger.lines).toEqual([])
  })

  it('gets a request id', async () => {
    const { port } = await startServer()
    const answer = await exchange(port, 'garbage\r\n\r\n')
    expect(answer).toMatch(/^x-request-id: [\w-]+-1\r$/im)
    expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im)
  })

  it('is not logged if the client resets the connection', async () => {
    const { port, logger } = await startServer()
    for (let index = 0; index < 100; index += 1) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      await once(socket, 'connect')
      socket.write(`GET ${BOOK} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(1 + (index % 3)))
      socket.resetAndDestroy()
    }
    expect(await exchange(port, asking(BOOK))).toMatch(/^HTTP\/1.1 200 /)
    expect(logger.lines).toEqual([])
  })

  it.each([
    ['that never arrives', ''],
    ['that is incomplete', 'GET /livez HTT'],
    ['that is malformed', 'garbage\r\n\r\n'],
  ])('%s does not keep the connection open', async (_what, start) => {
    const { app } = httpApp({}, { arriveWithinMs: 200 })
    const held = await silentClients(app, start)
    await eventually(async () => (await held()) === 0)
  })

  it('does not leak memory', async () => {
    const { port, metrics } = await startServer()
    const flood = async (count: number) => {
      for (let sent = 0; sent < count; sent += 20) {
        await Promise.all(
          Array.from({ length: 20 }, (_, index) => {
            const [, request = ''] = REFUSED[(sent + index) % REFUSED.length] ?? []
            return exchange(port, request)
          }),
        )
        for (let name = 0; name < 20; name += 1) {
          await fetch(`http://127.0.0.1:${port}/api/v1/snapshots/NO-${sent}-${name}`)
        }
      }
      return heapAfterCollection()
    }
    const before = await flood(400)
    const after = await flood(2000)
    expect(after - before).toBeLessThan(3_000_000)
    const series = [...metrics.requestDuration.entries()]
    expect(series.length).toBeLessThan(20)
  })
})

/** Heap bytes in use after garbage collection. */
function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
