import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { HealthCheck } from '../../../src/model/pipeline.ts'
import { httpApp } from '../fakes.ts'

const passing: HealthCheck = {
  name: 'feed',
  check: () => ({ isPassing: true, detail: null }),
}
const failing: HealthCheck = {
  name: 'topic',
  check: () => ({ isPassing: false, detail: 'no broker' }),
}

describe('/livez', () => {
  it('answers 200 without an unrecoverable error', async () => {
    const response = await httpApp().app.inject('/livez')
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({ status: 'alive' })
    expect(response.headers['cache-control']).toBe('no-store')
  })

  it('answers 503 after an unrecoverable error', async () => {
    const response = await httpApp({ isAlive: () => false }).app.inject('/livez')
    expect(response.statusCode).toBe(503)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.json()).toMatchObject({ type: '/problems/not-alive', status: 503 })
  })
})

describe('/readyz', () => {
  it('answers 200 with every check when all pass', async () => {
    const response = await httpApp({ checks: [passing] }).app.inject('/readyz')
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({
      status: 'ready',
      checks: { feed: { status: 'pass', detail: null } },
    })
  })

  it('answers 503 with the failing checks only', async () => {
    const response = await httpApp({ checks: [passing, failing] }).app.inject('/readyz')
    expect(response.statusCode).toBe(503)
    expect(response.json()).toEqual({
      type: '/problems/not-ready',
      title: 'Not ready',
      status: 503,
      detail: 'failing: topic',
      instance: '/readyz',
      checks: { topic: { status: 'fail', detail: 'no broker' } },
    })
  })

  it('counts a check that throws as failing', async () => {
    const broken: HealthCheck = {
      name: 'books',
      check: () => {
        throw new Error('cannot look')
      },
    }
    const response = await httpApp({ checks: [broken] }).app.inject('/readyz')
    expect(response.statusCode).toBe(503)
    expect(response.json()).toMatchObject({ checks: { books: { detail: 'cannot look' } } })
  })

  it('answers 503 while the process is stopping; /livez answers 200', async () => {
    const { app, setStopping } = httpApp({ checks: [passing] })
    setStopping()
    const ready = await app.inject('/readyz')
    expect(ready.statusCode).toBe(503)
    expect(ready.json()).toMatchObject({ checks: { shutdown: { status: 'fail' } } })
    expect((await app.inject('/livez')).statusCode).toBe(200)
  })
})

describe('/metrics', () => {
  it('passes the Accept header to the renderer and serves the exposition unchanged', async () => {
    const asked: (string | undefined)[] = []
    const { app } = httpApp({
      render: (accept) => {
        asked.push(accept)
        return Promise.resolve({ contentType: 'text/x; version=9', body: Buffer.from('ü 1\n') })
      },
    })
    const response = await app.inject({ url: '/metrics', headers: { accept: 'text/x' } })
    expect(asked).toEqual(['text/x'])
    expect(response.headers['content-type']).toBe('text/x; version=9')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.body).toBe('ü 1\n')
  })

  it('answers 500 without internals if rendering fails', async () => {
    const { app } = httpApp({ render: () => Promise.reject(new Error('secret detail')) })
    const response = await app.inject('/metrics')
    expect(response.statusCode).toBe(500)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.body).not.toContain('secret')
  })
})

describe('a large response', () => {
  const page = Buffer.from('orderbook_up 1\n'.repeat(1000))
  const render = () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: page })

  it('is compressed for clients that accept gzip', async () => {
    const { app } = httpApp({ render })
    const headers = { 'accept-encoding': 'gzip, deflate' }
    const response = await app.inject({ url: '/metrics', headers })
    expect(response.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'text/plain; version=0.0.4',
      'cache-control': 'no-store',
    })
    expect(response.headers['vary']).toMatch(/accept-encoding/i)
    expect(response.rawPayload.length).toBeLessThan(page.length / 10)
    expect(gunzipSync(response.rawPayload)).toEqual(page)
  })

  it('is not compressed for other clients', async () => {
    const { app } = httpApp({ render })
    for (const headers of [{}, { 'accept-encoding': 'identity' }, { 'accept-encoding': 'br' }]) {
      const response = await app.inject({ url: '/metrics', headers })
      expect(response.headers).not.toHaveProperty('content-encoding')
      expect(response.rawPayload).toEqual(page)
    }
  })
})
