import { AppError } from '../errors.ts'
import { settledWithin } from '../time/deadline.ts'
import { buildHttpApp, type HttpAppDeps, type HttpAppOptions } from './app.ts'

export interface HttpServerOptions extends HttpAppOptions {
  host: string
  /** 0 = any free one. */
  port: number
}

export interface HttpServer {
  /**
   * Listens; resolves with the address it got.
   * @throws AppError `ERR_HTTP_PORT_IN_USE`
   */
  start(): Promise<{ address: string; port: number }>
  /** /readyz answers 503 from now on; everything else goes on as before. */
  setStopping(): void
  /** Ends every connection and the socket, within `timeoutMs`; idempotent. */
  stop(timeoutMs: number): Promise<void>
}

/** Probes, metrics and the API on one port. */
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
  // Without its cause: the message says all of it.
  return new AppError(
    'ERR_HTTP_PORT_IN_USE',
    `${host}:${port} is already in use; set HTTP_PORT (0 picks a free port)`,
    { context: { host, port } },
  )
}
