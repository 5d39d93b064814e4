import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { eventually } from '../support/eventually.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import * as frames from '../support/frames.ts'

export interface Request {
  readonly id: number
  readonly method: string
  readonly params: { readonly channels?: string[]; readonly interval?: number }
}

/** What the exchange answers, as a whole frame; null = nothing, undefined = as it usually does. */
export type Answer = (request: Request, link: FakeLink) => string | null | undefined

/** One connection of a client, seen from the exchange. */
export class FakeLink {
  readonly requests: Request[] = []
  readonly socket: WebSocket
  isClosed = false

  constructor(socket: WebSocket, answer: Answer) {
    this.socket = socket
    socket.on('message', (data) => {
      const request = JSON.parse((data as Buffer).toString('utf8')) as Request
      this.requests.push(request)
      const text = answer(request, this)
      if (text !== null) this.send(text ?? usualAnswer(request))
    })
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  send(text: string | Buffer): void {
    this.socket.send(text)
  }

  of(method: string): Request[] {
    return this.requests.filter((request) => request.method === method)
  }

  /** Waits until a method was called `count` times, and gives the last of these calls. */
  async called(method: string, count = 1): Promise<Request> {
    return eventually(() => this.of(method)[count - 1] ?? false)
  }
}

export function usualAnswer({ id, method, params }: Request): string {
  switch (method) {
    case 'public/subscribe':
    case 'public/unsubscribe':
      // The exchange's list has another order than the request.
      return frames.answer(id, JSON.stringify(params.channels?.toReversed()))
    case 'public/test':
      return frames.answer(id, '{"version":"1.2.26"}')
    default:
      return frames.answer(id, '"ok"')
  }
}

/** As much of the exchange as a connection needs, on a free port of this machine. */
export class FakeDeribit {
  readonly links: FakeLink[] = []
  answer: Answer = () => undefined
  /** HTTP status with which upgrades are refused; null accepts them. */
  refuseWith: number | null = null
  refusedCount = 0
  readonly #http: Server

  private constructor(http: Server) {
    this.#http = http
    const sockets = new WebSocketServer({ noServer: true })
    http.on('upgrade', (request, socket, head) => {
      if (this.refuseWith !== null) {
        this.refusedCount += 1
        socket.end(`HTTP/1.1 ${this.refuseWith} Refused\r\nContent-Length: 0\r\n\r\n`)
        return
      }
      sockets.handleUpgrade(request, socket, head, (client) => {
        this.links.push(new FakeLink(client, (asked, link) => this.answer(asked, link)))
      })
    })
  }

  static async start(): Promise<FakeDeribit> {
    const http = createServer()
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const exchange = new FakeDeribit(http)
    registerCleanUp(() => exchange.stop())
    return exchange
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws/api/v2`
  }

  /** Waits for the connection with this number, the first being 1. */
  async link(number: number): Promise<FakeLink> {
    return eventually(() => this.links[number - 1] ?? false)
  }

  async stop(): Promise<void> {
    for (const { socket } of this.links) socket.terminate()
    if (this.#http.listening) await new Promise((resolve) => this.#http.close(resolve))
  }
}
