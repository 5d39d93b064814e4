import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'

/** Request line and headers together. */
const MAX_HEADER_BYTES = 16_384
/** A client that takes longer to send its request is cut off. */
const REQUEST_TIMEOUT_MS = 10_000
/** How often requests that take too long are looked for. */
const CONNECTIONS_CHECK_MS = 5_000
const KEEP_ALIVE_TIMEOUT_MS = 72_000
/** Connections above this are refused by the server socket. */
const MAX_CONNECTIONS = 1000

const LIMITS: ServerOptions = {
  maxHeaderSize: MAX_HEADER_BYTES,
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  // Ours to refuse: node's own answer has no body.
  requireHostHeader: false,
}

/** Certificate and key of a server, as PEM text. */
export interface ServerTls {
  readonly cert: string
  readonly key: string
}

/** The server under the application, with the limits of one connection; null: without TLS. */
export function createNodeServer(tls: ServerTls | null, listener: RequestListener): Server {
  const server =
    tls === null
      ? createServer(LIMITS, listener)
      : createTlsServer({ ...LIMITS, cert: tls.cert, key: tls.key }, listener)
  server.maxConnections = MAX_CONNECTIONS
  return server
}
