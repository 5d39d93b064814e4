import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { HttpProxy } from '../support/http-proxy.ts'
import { FakeDeribit } from './fake-deribit.ts'
import { connectionTo } from './feed-connection.ts'

const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`
const withoutLogin = (url: string) => ({ url, authorization: null })

/** Something that listens and does with each connection what the test says. */
async function startListener(onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    socket.resume()
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  registerCleanUp(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

/** A proxy that answers every CONNECT with this text. */
const startAnswering = (text: string) =>
  startListener((socket) => socket.once('data', () => socket.end(text)))

describe('a connection through a proxy', () => {
  it('uses CONNECT for ws:// too, and carries frames in both directions', async () => {
    const exchange = await FakeDeribit.start()
    const proxy = await HttpProxy.start()
    const { connection, metrics } = connectionTo(exchange.url, { proxy: withoutLogin(proxy.url) })
    connection.start()
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
    expect(proxy.targets).toEqual([`127.0.0.1:${exchange.port}`])
    expect(connection.problem).toBeNull()
    expect(metrics.connects.series({ result: 'ok' }).value).toBe(1)
    connection.stop()
    await eventually(() => exchange.links[0]?.isClosed ?? false)
  })

  it('logs in at the proxy', async () => {
    const exchange = await FakeDeribit.start()
    const proxy = await HttpProxy.start({ login: { user: 'me', password: 'p@ss:/w' } })
    const { connection } = connectionTo(exchange.url, {
      proxy: { url: proxy.url, authorization: basic('me:p@ss:/w') },
    })
    connection.start()
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
  })

  it('is opened again through the proxy after the proxy restarted', async () => {
    const exchange = await FakeDeribit.start()
    const port = await freePort()
    const proxy = await HttpProxy.start({ port })
    const { connection, clock, metrics } = connectionTo(exchange.url, {
      proxy: withoutLogin(proxy.url),
    })
    connection.start()
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
    await proxy.stop()
    await eventually(() => !connection.isConnected)
    clock.advance(1)
    await eventually(() => metrics.connects.series({ result: 'refused' }).value === 1)
    expect(connection.problem).toBe(
      `cannot connect: refused: proxy http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    )
    await HttpProxy.start({ port })
    clock.advance(1)
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
    expect(connection.problem).toBeNull()
  })
})

describe('the problem of a connection through a proxy', () => {
  /** Starts a line through a proxy and gives its problem, once it has been counted as `result`. */
  async function problemOf(
    proxy: { url: string; authorization: string | null },
    result: 'refused' | 'http_other' | 'http_5xx' | 'http_429' | 'dns' | 'tls',
  ) {
    const exchange = await FakeDeribit.start()
    const { connection, metrics, clock, logger } = connectionTo(exchange.url, { proxy })
    connection.start()
    await eventually(() => metrics.connects.series({ result }).value === 1)
    const { problem } = connection
    // The next attempt is made like the first.
    clock.advance(1)
    await eventually(() => metrics.connects.series({ result }).value === 2)
    expect(exchange.links).toEqual([])
    connection.stop()
    await eventually(() => clock.pendingTimers === 0)
    return { problem, logged: JSON.stringify(logger.lines) }
  }

  it.each([
    ['without a login', null],
    ['with a wrong password', basic('me:hunter2')],
  ])('names a proxy that requires a login, %s', async (_what, authorization) => {
    const proxy = await HttpProxy.start({ login: { user: 'me', password: 'right' } })
    const { problem, logged } = await problemOf({ url: proxy.url, authorization }, 'http_other')
    expect(problem).toBe(`cannot connect: http_other: proxy ${proxy.url}: HTTP status 407`)
    expect(logged).not.toContain('hunter2')
    expect(logged).not.toContain(basic('me:hunter2'))
  })

  it('names a proxy that cannot reach the exchange', async () => {
    const proxy = await HttpProxy.start()
    const port = await freePort()
    const { connection } = connectionTo(`ws://127.0.0.1:${port}`, {
      proxy: withoutLogin(proxy.url),
    })
    connection.start()
    await eventually(() => connection.problem !== 'connecting')
    // This proxy says so by its silence alone; others answer 502 or 503, as below.
    expect(connection.problem).toBe(
      `cannot connect: refused: proxy ${proxy.url}: Proxy connection ended before receiving CONNECT response`,
    )
  })

  it.each([
    ['HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n', 'http_5xx', 'HTTP status 503'],
    ['HTTP/1.0 502 Bad Gateway\r\n\r\n<html>no</html>', 'http_5xx', 'HTTP status 502'],
    ['HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\n\r\n', 'http_429', 'HTTP status 429'],
    ['HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n', 'http_other', 'HTTP status 403'],
    ['', 'refused', 'Proxy connection ended before receiving CONNECT response'],
  ] as const)('names a proxy that answers %j', async (text, result, words) => {
    const { url } = await startAnswering(text)
    const { problem } = await problemOf(withoutLogin(url), result)
    expect(problem).toBe(`cannot connect: ${result}: proxy ${url}: ${words}`)
  })

  it('names a proxy that does not speak HTTP', async () => {
    const { url } = await startAnswering('SSH-2.0-OpenSSH_9.9\r\n\r\n')
    const exchange = await FakeDeribit.start()
    const { connection } = connectionTo(exchange.url, { proxy: withoutLogin(url) })
    connection.start()
    await eventually(() => connection.problem !== 'connecting')
    expect(connection.problem).toContain(`proxy ${url}: `)
  })

  it('names a proxy with an unknown host name', async () => {
    const { problem } = await problemOf(withoutLogin('http://proxy.invalid:3128'), 'dns')
    expect(problem).toMatch(/^cannot connect: dns: proxy http:\/\/proxy\.invalid:3128: getaddrinfo/)
  })

  it('names a proxy that does not speak TLS', async () => {
    const proxy = await HttpProxy.start()
    const url = proxy.url.replace('http:', 'https:')
    const { problem } = await problemOf(withoutLogin(url), 'tls')
    expect(problem).toContain(`cannot connect: tls: proxy ${url}: `)
  })

  it('names a proxy that does not answer, whose socket is closed at the deadline', async () => {
    const mute = await startListener(() => undefined)
    const exchange = await FakeDeribit.start()
    const { connection, clock, metrics } = connectionTo(exchange.url, {
      proxy: withoutLogin(mute.url),
    })
    connection.start()
    await eventually(() => mute.sockets.size === 1)
    clock.advance(9999)
    expect(metrics.connects.series({ result: 'timeout' }).value).toBe(0)
    clock.advance(1)
    await eventually(() => metrics.connects.series({ result: 'timeout' }).value === 1)
    expect(connection.problem).toBe(
      `cannot connect: timeout: proxy ${mute.url}: no connection within 10000 ms`,
    )
    await eventually(() => mute.sockets.size === 0)
  })

  it('is gone after a stop, which closes the socket to the proxy', async () => {
    const mute = await startListener(() => undefined)
    const exchange = await FakeDeribit.start()
    const { connection, clock } = connectionTo(exchange.url, { proxy: withoutLogin(mute.url) })
    connection.start()
    await eventually(() => mute.sockets.size === 1)
    connection.stop()
    await eventually(() => mute.sockets.size === 0)
    expect(clock.pendingTimers).toBe(0)
  })
})

it('a refusal by the exchange behind a proxy does not name the proxy', async () => {
  const exchange = await FakeDeribit.start()
  exchange.refuseWith = 503
  const proxy = await HttpProxy.start()
  const { connection, metrics } = connectionTo(exchange.url, { proxy: withoutLogin(proxy.url) })
  connection.start()
  await eventually(() => metrics.connects.series({ result: 'http_5xx' }).value === 1)
  expect(connection.problem).toBe('cannot connect: http_5xx: HTTP status 503')
})
