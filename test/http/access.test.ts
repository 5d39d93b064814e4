import { get } from 'node:https'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createHttpServer } from '../../src/http/server.ts'
import { createAuthority } from '../support/certificates.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { httpApp, httpDeps, PLAIN } from './fakes.ts'
import { silentClients } from './silent-clients.ts'

const TOKEN = 'correct-horse.battery/staple=='

function guarded() {
  return httpApp({}, { token: TOKEN }).app
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('a service with a token', () => {
  it.each([
    '/metrics',
    '/api/v1/instruments',
    '/api/v1/snapshots',
    '/api/v1/snapshots/BTC-PERPETUAL',
    '/api/v1/stream?instruments=BTC-PERPETUAL',
    '/api/v1/pipeline',
    '/no/such/route',
  ])('does not answer %s without it', async (url) => {
    const app = guarded()
    for (const headers of [
      {},
      bearer('wrong'),
      bearer(TOKEN.slice(0, -1)),
      bearer(`${TOKEN}x`),
      { authorization: `Basic ${TOKEN}` },
      { authorization: TOKEN },
      { authorization: 'Bearer' },
    ]) {
      const response = await app.inject({ url, headers })
      expect(response.statusCode).toBe(401)
      expect(response.headers['www-authenticate']).toBe('Bearer')
      expect(response.headers['content-type']).toContain('application/problem+json')
      expect(response.json()).toMatchObject({ type: '/problems/unauthorized', status: 401 })
    }
  })

  it('answers with it; the scheme is case-insensitive', async () => {
    const app = guarded()
    for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`]) {
      for (const url of ['/metrics', '/api/v1/instruments', '/api/v1/pipeline']) {
        const response = await app.inject({ url, headers: { authorization } })
        expect(response.statusCode).toBe(200)
      }
    }
  })

  it('rate-limits failed attempts', async () => {
    const clock = new FakeClock()
    const { app } = httpApp({ clock }, { token: TOKEN })
    const ask = async (token: string, url = '/metrics') =>
      (await app.inject({ url, headers: bearer(token) })).statusCode
    for (let guess = 0; guess < 10; guess += 1) {
      expect(await ask(TOKEN)).toBe(200)
      expect(await ask(`wrong-${guess}`)).toBe(401)
    }
    for (const url of ['/metrics', '/api/v1/instruments', '/none']) {
      expect(await ask('wrong', url)).toBe(429)
      expect(await ask(TOKEN, url)).toBe(429)
    }
    const refused = await app.inject({ url: '/metrics', headers: bearer(TOKEN) })
    expect(refused.headers['retry-after']).toBe('1')
    expect(refused.json()).toMatchObject({ type: '/problems/too-many-requests' })
    expect(await ask('wrong', '/livez')).toBe(200)
    const elsewhere = { url: '/metrics', headers: bearer(TOKEN), remoteAddress: '192.0.2.7' }
    expect((await app.inject(elsewhere)).statusCode).toBe(200)
    clock.advance(1000)
    expect(await ask(TOKEN)).toBe(200)
  })

  it('does not rate-limit because of requests without a token or from other networks', async () => {
    const { app } = httpApp({ clock: new FakeClock() }, { token: TOKEN })
    for (let index = 0; index < 30; index += 1) {
      expect((await app.inject('/metrics')).statusCode).toBe(401)
    }
    const ask = async (token: string, remoteAddress: string) =>
      (await app.inject({ url: '/metrics', headers: bearer(token), remoteAddress })).statusCode
    for (let host = 0; host < 20; host += 1) await ask('wrong', `2001:db8:1:2::${host}`)
    // An IPv6 /64 network counts as one address.
    expect(await ask(TOKEN, '2001:db8:1:2:aaaa:bbbb:cccc:dddd')).toBe(429)
    expect(await ask(TOKEN, '2001:db8:1:3::1')).toBe(200)
    expect(await ask(TOKEN, '127.0.0.1')).toBe(200)
    for (let network = 0; network < 5100; network += 1) {
      await ask('wrong', `2001:db8:${network.toString(16)}::1`)
    }
    expect(await ask(TOKEN, '10.0.0.9')).toBe(200)
  })

  it('does not accept it in the URL', async () => {
    const app = guarded()
    for (const name of ['token', 'access_token', 'authorization']) {
      const response = await app.inject(`/api/v1/instruments?${name}=${encodeURIComponent(TOKEN)}`)
      expect(response.statusCode).toBe(401)
    }
  })

  it.each(['/livez', '/readyz', '/openapi.json', '/docs', '/docs/static/swagger-ui.css'])(
    'answers %s to everybody',
    async (url) => {
      expect((await guarded().inject(url)).statusCode).toBe(200)
    },
  )

  it('never exposes it', async () => {
    const app = guarded()
    const answers = [
      await app.inject({ url: '/openapi.json', headers: bearer(TOKEN) }),
      await app.inject({ url: '/api/v1/none', headers: bearer(TOKEN) }),
      await app.inject({ url: '/api/v1/instruments', headers: bearer(`${TOKEN}x`) }),
    ]
    for (const { body, headers } of answers) {
      expect(body + JSON.stringify(headers)).not.toContain(TOKEN)
    }
  })
})

describe('a service without a token', () => {
  it('accepts any token', async () => {
    const response = await httpApp().app.inject({
      url: '/api/v1/instruments',
      headers: bearer('whatever'),
    })
    expect(response.statusCode).toBe(200)
  })
})

describe('a service with a certificate', { ...needs('openssl') }, () => {
  it('answers over TLS only', async () => {
    const authority = createAuthority()
    const tls = authority.sign('service')
    const server = createHttpServer({ ...PLAIN, host: '127.0.0.1', port: 0, tls }, httpDeps())
    registerCleanUp(() => server.stop(1000))
    const { port } = await server.start()
    const request = get({ host: '127.0.0.1', port, path: '/livez', ca: authority.ca, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(200)
    await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow()
    // A client without the CA certificate rejects the connection.
    await expect(fetch(`https://127.0.0.1:${port}/livez`)).rejects.toThrow()
  })

  it.each([
    ['sends nothing', ''],
    ['begins', '\x16\x03\x01\x02'],
    ['sends plain HTTP', 'GET / HTTP/1.1\r\n\r\n'],
  ])(
    'closes the connection of a client that %s instead of completing TLS',
    async (_what, start) => {
      const { cert, key } = createAuthority().sign('service')
      const { app } = httpApp({}, { tls: { cert, key }, arriveWithinMs: 200 })
      const held = await silentClients(app, start)
      await eventually(async () => (await held()) === 0)
    },
  )
})

describe('the limit of requests', () => {
  it('applies to all API routes with Retry-After, but not to probes and metrics', async () => {
    const { app } = httpApp({}, { requestsPerSecond: 3 })
    const statuses: number[] = []
    for (const url of [
      '/api/v1/instruments',
      '/api/v1/snapshots',
      '/api/v1/snapshots/NO-SUCH',
      '/api/v1/pipeline',
    ]) {
      statuses.push((await app.inject(url)).statusCode)
    }
    expect(statuses).toEqual([200, 200, 404, 429])
    const response = await app.inject('/api/v1/instruments')
    expect(response.headers['retry-after']).toBe('1')
    expect(response.json()).toMatchObject({ type: '/problems/too-many-requests', status: 429 })
    for (const url of ['/metrics', '/livez', '/readyz', '/openapi.json']) {
      for (let count = 0; count < 5; count += 1) {
        expect((await app.inject(url)).statusCode).toBe(200)
      }
    }
  })

  it('applies to each address separately', async () => {
    const { app } = httpApp({}, { requestsPerSecond: 1 })
    const statusFor = async (remoteAddress: string) =>
      (await app.inject({ url: '/api/v1/instruments', remoteAddress })).statusCode
    expect(await statusFor('192.0.2.1')).toBe(200)
    expect(await statusFor('192.0.2.1')).toBe(429)
    expect(await statusFor('192.0.2.2')).toBe(200)
    // An IPv6 /64 network is one client.
    expect(await statusFor('2001:db8::1')).toBe(200)
    expect(await statusFor('2001:db8::2')).toBe(429)
  })

  it('is reset every second', async () => {
    const { app } = httpApp({}, { requestsPerSecond: 1 })
    expect((await app.inject('/api/v1/instruments')).statusCode).toBe(200)
    const startedMs = performance.now()
    while ((await app.inject('/api/v1/instruments')).statusCode === 429) {
      expect(performance.now() - startedMs).toBeLessThan(10_000)
    }
  })
})

describe('every response', () => {
  it('has a new request id, or that of the request', async () => {
    const { app } = httpApp()
    const ids = new Set<unknown>()
    for (const url of ['/livez', '/livez', '/none', '/api/v1/snapshots/%E0%A4%A']) {
      ids.add((await app.inject(url)).headers['x-request-id'])
    }
    expect([...ids].every((id) => typeof id === 'string' && id !== '')).toBe(true)
    expect(ids.size).toBe(4)
    const given = { 'x-request-id': 'gateway-17:a' }
    const answer = await app.inject({ url: '/livez', headers: given })
    expect(answer.headers['x-request-id']).toBe('gateway-17:a')
  })

  it.each(['a b', 'x'.repeat(65), '<script>', ''])(
    'replaces the malformed request id %j',
    async (id) => {
      const answer = await httpApp().app.inject({ url: '/livez', headers: { 'x-request-id': id } })
      expect(answer.headers['x-request-id']).not.toBe(id)
    },
  )

  it('is not readable by pages of other origins', async () => {
    const { app } = httpApp()
    const headers = { origin: 'https://example.org', 'access-control-request-method': 'GET' }
    for (const method of ['GET', 'OPTIONS'] as const) {
      const answer = await app.inject({ method, url: '/api/v1/instruments', headers })
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-'))).toEqual([])
    }
  })
})
