import { AppError } from '../errors.ts'
import { settledWithin } from '../time/deadline.ts'
import { buildHttpApp, type HttpAppDeps, type HttpAppOptions } from './app.ts'

export interface HttpServerOptions extends HttpAppOptions {
  host: string
  /** 0 = any free port. */
  port: number
}

export interface HttpServer {
  /**
   * Starts to listen; resolves with the bound address.
   * @throws AppError `ERR_HTTP_PORT_IN_USE`
   */
  start(): Promise<{ address: string; port: number }>
  /** Makes /readyz answer 503 from now on. All other routes keep working. */
  setStopping(): void
  /** Closes the socket and every connection within `timeoutMs`. Idempotent. */
  stop(timeoutMs: number): Promise<void>
}

/** Creates the HTTP server for probes, metrics, API and page. */
export function createHttpServer(options: HttpServerOptions, deps: HttpAppDeps): HttpServer {
  const { host, port } = options
  const { app, setStopping } = buildHttpApp(options, deps)
  let stopped: Promise<void> | undefined
  return {
    async start() {
      try {
        await app.listen({ host, port })
      } catch (error) {
        throw toAppError(error, host, port)
      }
      const bound = app.server.address()
      if (bound === null || typeof bound === 'string') throw new Error('no TCP address')
      return { address: bound.address, port: bound.port }
    },
    setStopping,
    stop(timeoutMs) {
      stopped ??= closeWithin(timeoutMs)
      return stopped
    },
  }

  async function closeWithin(timeoutMs: number): Promise<void> {
    setStopping()
    const closed = app.close()
    if (await settledWithin(deps.clock, timeoutMs, closed)) await closed
    else app.server.closeAllConnections()
  }
}

function toAppError(error: unknown, host: string, port: number): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return error
  // The message is complete, so that the cause is omitted.
  return new AppError(
    'ERR_HTTP_PORT_IN_USE',
    `${host}:${port} is already in use; set HTTP_PORT (0 picks a free port)`,
    { context: { host, port } },
  )
}
