import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'

const PATHS = new Set(['/ws/api/v2', '/den/ws'])
const MAX_FRAME_BYTES = 16 << 20
const TOO_MANY_REQUESTS = 429

export interface FrontDoorOptions {
  host: string
  port: number
  maxConnections: number
}

export interface FrontDoorDeps {
  /** HTTP status that upgrades are refused with now; null while clients are let in. */
  refusal(): number | null
  onConnection(ws: WebSocket, socket: Duplex, address: string): void
}

/** The listening socket: lets clients in, or refuses them with an HTTP status as the exchange does. */
export class FrontDoor {
  readonly #options: FrontDoorOptions
  readonly #deps: FrontDoorDeps
  readonly #http: Server
  // The exchange compresses only for clients that offer it.
  readonly #ws = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    // A silent exchange does not answer pings either, see the session's line.
    autoPong: false,
    perMessageDeflate: { clientMaxWindowBits: 15 },
  })
  /** Connections by address. */
  readonly #open = new Map<string, number>()

  constructor(options: FrontDoorOptions, deps: FrontDoorDeps) {
    this.#options = options
    this.#deps = deps
    this.#http = createServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end('{"jsonrpc":"2.0","error":{"code":10030,"message":"must_be_websocket_request"}}')
    })
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

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const address = request.socket.remoteAddress ?? ''
    const open = this.#open.get(address) ?? 0
    const isFull = open >= this.#options.maxConnections
    const isKnown = PATHS.has((request.url ?? '').split('?')[0] ?? '')
    const status = isKnown ? (this.#deps.refusal() ?? (isFull ? TOO_MANY_REQUESTS : null)) : 404
    if (status !== null) {
      refuse(socket, status)
      return
    }
    this.#open.set(address, open + 1)
    socket.once('close', () => this.#open.set(address, (this.#open.get(address) ?? 1) - 1))
    this.#ws.handleUpgrade(request, socket, head, (ws) => {
      this.#deps.onConnection(ws, socket, address)
    })
  }
}

function refuse(socket: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? ''
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
