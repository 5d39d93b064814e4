import { describe, expect, it, onTestFinished } from 'vitest'
import type { HttpAppDeps } from '../../src/http/app.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { exchange } from './exchange.ts'
import { httpDeps, PLAIN } from './fakes.ts'

async function startServer(overrides: Partial<HttpAppDeps> = {}) {
  const server = createHttpServer({ host: '127.0.0.1', port: 0, ...PLAIN }, httpDeps(overrides))
  onTestFinished(() => server.stop(1000))
  const { address, port } = await server.start()
  return { server, port, url: `http://${address}:${port}` }
}

describe('the HTTP server', () => {
  it('answers on the port that it reports', async () => {
    const { url } = await startServer()
    const response = await fetch(`${url}/api/v1/snapshots/BTC-PERPETUAL`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ midPrice: 61_000.25 })
  })

  it('rejects with an error code if the port is in use', async () => {
    const { port } = await startServer()
    const second = createHttpServer({ host: '127.0.0.1', port, ...PLAIN }, httpDeps())
    onTestFinished(() => second.stop(1000))
    await expect(second.start()).rejects.toMatchObject({
      code: 'ERR_HTTP_PORT_IN_USE',
      retryable: false,
      context: { port },
    })
  })

  it('is not ready while it stops and refuses connections afterwards', async () => {
    const { server, url } = await startServer()
    server.setStopping()
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    await server.stop(5000)
    await server.stop(5000)
    await expect(fetch(`${url}/livez`)).rejects.toThrow()
  })

  it('stops while a request is unanswered', async () => {
    let asked: () => void
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const { server, url } = await startServer({
      render: () => {
        asked()
        return new Promise(() => undefined)
      },
    })
    const pending = fetch(`${url}/metrics`).catch((error: unknown) => error)
    await isAsked
    await server.stop(5000)
    expect(await pending).toBeInstanceOf(Error)
  })

  it('answers malformed HTTP with a problem and closes', async () => {
    const { port } = await startServer()
    const answer = await exchange(port, 'what is this\r\n\r\n')
    expect(answer).toContain('HTTP/1.1 400 Bad Request')
    expect(answer).toContain('application/problem+json')
    expect(answer).toContain('"status":400')
  })

  it('refuses headers over the limit', async () => {
    const { port } = await startServer()
    const answer = await exchange(
      port,
      `GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
    )
    expect(answer).toContain('HTTP/1.1 431')
    expect(answer).toContain('application/problem+json')
  })
})
