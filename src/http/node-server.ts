import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'

/** Request line and headers together. */
const MAX_HEADER_BYTES = 16_384
/** A client that takes longer to send its request, or to agree on TLS, is cut off. */
const ARRIVE_WITHIN_MS = 10_000
/** How often requests that take too long are looked for, at least. */
const CONNECTIONS_CHECK_MS = 1_000
const KEEP_ALIVE_TIMEOUT_MS = 72_000
/** Connections above this are refused by the server socket. */
const MAX_CONNECTIONS = 1000

function limitsOf(arriveWithinMs: number): ServerOptions {
  return {
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: arriveWithinMs,
    headersTimeout: arriveWithinMs,
    connectionsCheckingInterval: Math.min(CONNECTIONS_CHECK_MS, arriveWithinMs),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Ours to refuse: node's own answer has no body.
    requireHostHeader: false,
  }
}

/** Certificate and key of a server, as PEM text. */
export interface ServerTls {
  readonly cert: string
  readonly key: string
}

/**
 * The server under the application, with the limits of one connection; null: without TLS.
 * @param arriveWithinMs how long a request may take to arrive; default 10 s
 */
export function createNodeServer(
  tls: ServerTls | null,
  listener: RequestListener,
  arriveWithinMs = ARRIVE_WITHIN_MS,
): Server {
  const limits = limitsOf(arriveWithinMs)
  const server =
    tls === null
      ? createServer(limits, listener)
      : createTlsServer(
          { ...limits, handshakeTimeout: arriveWithinMs, cert: tls.cert, key: tls.key },
          listener,
        )
  // What a client expects beside `100-continue` is its own affair: node would refuse it without a body.
  server.on('checkExpectation', listener)
  server.maxConnections = MAX_CONNECTIONS
  return server
}
