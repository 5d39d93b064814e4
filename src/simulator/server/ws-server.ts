import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { TlsIdentity } from '../options.ts'

const WEBSOCKET_PATHS = new Set(['/ws/api/v2', '/den/ws'])
const MAX_FRAME_BYTES = 16 << 20
const TOO_MANY_REQUESTS = 429
/** Lifetime of HTTP connections on the exchange, ms. */
const KEEP_ALIVE_MS = 900_000

export interface WsServerOptions {
  host: string
  port: number
  maxConnections: number
  /** null for plain ws:// and http://. */
  tls: TlsIdentity | null
}

export interface WsServerDeps {
  /** HTTP status with which clients are refused; null while they are accepted. */
  refusal(): number | null
  onConnection(ws: WebSocket, socket: Duplex, address: string): void
  onRequest(request: IncomingMessage, response: ServerResponse): void
}

/** Listening socket: accepts clients or refuses them with an HTTP status, as the exchange does. */
export class WsServer {
  readonly #options: WsServerOptions
  readonly #deps: WsServerDeps
  readonly #http: Server
  // Compresses only for clients that offer it, as the exchange does.
  readonly #ws = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    // Pongs are sent by the session, because a stalled exchange does not answer pings.
    autoPong: false,
    perMessageDeflate: { clientMaxWindowBits: 15 },
  })
  /** Admitted connections by address, those of HTTP included. */
  readonly #open = new Map<string, number>()
  readonly #admitted = new WeakSet<Duplex>()

  constructor(options: WsServerOptions, deps: WsServerDeps) {
    this.#options = options
    this.#deps = deps
    const { tls } = options
    const listener = (request: IncomingMessage, response: ServerResponse): void =>
      this.#request(request, response)
    const limits = { keepAliveTimeout: KEEP_ALIVE_MS }
    this.#http =
      tls === null
        ? createServer(limits, listener)
        : createTlsServer({ ...limits, ...tls }, listener)
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port
  }

  get connections(): number {
    return this.#ws.clients.size
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject)
      this.#http.listen(this.#options.port, this.#options.host, () => {
        this.#http.removeListener('error', reject)
        resolve()
      })
    })
  }

  close(): Promise<void> {
    for (const client of this.#ws.clients) client.terminate()
    return new Promise((resolve) => {
      this.#http.close(() => resolve())
      this.#http.closeAllConnections()
    })
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const status = this.#refusal(request, request.socket)
    if (status !== null) {
      response.writeHead(status, { connection: 'close' }).end()
      return
    }
    if (WEBSOCKET_PATHS.has(pathOf(request))) {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end('{"jsonrpc":"2.0","error":{"code":10030,"message":"must_be_websocket_request"}}')
      return
    }
    this.#deps.onRequest(request, response)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const isKnown = WEBSOCKET_PATHS.has(pathOf(request))
    const status = isKnown ? this.#refusal(request, socket) : 404
    if (status !== null) {
      refuse(socket, status)
      return
    }
    const address = request.socket.remoteAddress ?? ''
    this.#ws.handleUpgrade(request, socket, head, (ws) => {
      this.#deps.onConnection(ws, socket, address)
    })
  }

  /** Returns the HTTP status with which to refuse a connection; null if it is admitted. */
  #refusal(request: IncomingMessage, socket: Duplex): number | null {
    const status = this.#deps.refusal()
    if (status !== null) return status
    if (this.#admitted.has(socket)) return null
    const address = request.socket.remoteAddress ?? ''
    const open = this.#open.get(address) ?? 0
    if (open >= this.#options.maxConnections) return TOO_MANY_REQUESTS
    this.#admitted.add(socket)
    this.#open.set(address, open + 1)
    socket.once('close', () => this.#open.set(address, (this.#open.get(address) ?? 1) - 1))
    return null
  }
}

/** Returns the path without query and trailing slash. */
function pathOf(request: IncomingMessage): string {
  const [path = ''] = (request.url ?? '').split('?', 1)
  return path.replace(/\/+$/, '')
}

function refuse(socket: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? ''
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
