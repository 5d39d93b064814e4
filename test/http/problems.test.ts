import { describe, expect, it } from 'vitest'
import { FakeSnapshots, httpApp, liveView, recordingLogger } from './fakes.ts'

describe('problems', () => {
  it('answers an unknown route with an RFC 9457 problem', async () => {
    const response = await httpApp().app.inject('/api/v2/nothing?token=abc')
    expect(response.statusCode).toBe(404)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.json()).toEqual({
      type: '/problems/route-not-found',
      title: 'Route not found',
      status: 404,
      detail: 'no route for GET at this path',
      instance: '/api/v2/nothing',
    })
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'] as const)(
    'refuses %s on a known route and lists the supported methods',
    async (method) => {
      for (const url of ['/livez', '/metrics', '/api/v1/snapshots/BTC-PERPETUAL']) {
        const response = await httpApp().app.inject({ method, url })
        expect(response.statusCode).toBe(405)
        expect(response.headers.allow).toBe('GET, HEAD')
        expect(response.json()).toMatchObject({ type: '/problems/method-not-allowed', status: 405 })
      }
    },
  )

  it('refuses the method before parsing the body', async () => {
    const response = await httpApp().app.inject({
      method: 'POST',
      url: '/livez',
      headers: { 'content-type': 'text/xml' },
      payload: 'x'.repeat(100_000),
    })
    expect(response.statusCode).toBe(405)
  })

  it('answers HEAD without a body', async () => {
    const response = await httpApp().app.inject({ method: 'HEAD', url: '/livez' })
    expect(response.statusCode).toBe(200)
    expect(response.body).toBe('')
  })

  it('logs internal errors without exposing them', async () => {
    const snapshots = new FakeSnapshots(liveView())
    snapshots.instruments = () => {
      throw new Error('secret detail')
    }
    const logger = recordingLogger()
    const response = await httpApp({ snapshots, logger }).app.inject('/api/v1/instruments')
    expect(response.statusCode).toBe(500)
    expect(response.json()).toEqual({
      type: '/problems/internal',
      title: 'Internal error',
      status: 500,
      detail: 'internal error; see the log of the service',
      instance: '/api/v1/instruments',
    })
    expect(logger.lines).toHaveLength(1)
    expect(logger.lines[0]).toMatchObject({
      level: 'error',
      message: 'request failed',
      fields: { route: '/api/v1/instruments', err: { message: 'secret detail' } },
    })
  })

  it.each([
    ['cannot be decoded', '%E0%A4%A', 400, '/problems/bad-request'],
    ['is too long', 'A'.repeat(5000), 414, '/problems/request-refused'],
  ])('refuses a name that %s', async (_what, name, status, type) => {
    const response = await httpApp().app.inject(`/api/v1/snapshots/${name}`)
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.json()).toMatchObject({ type, status })
  })
})
