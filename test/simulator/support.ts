import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Simulator } from '../../src/simulator/server/api.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { FakeClock } from '../support/fake-clock.ts'

export type Json = Readonly<Record<string, unknown>>

export interface Book {
  readonly type?: 'snapshot' | 'change'
  readonly timestamp: number
  readonly change_id: number
  readonly prev_change_id?: number
  readonly bids: readonly (readonly [string | number, number, number?])[]
  readonly asks: readonly (readonly [string | number, number, number?])[]
}

/** Starts a simulator on a fake clock that the test advances; stopped when the test ends. */
export async function startSimulator(
  options: SimulatorOptions = {},
): Promise<{ simulator: Simulator; clock: FakeClock }> {
  const clock = new FakeClock()
  const simulator = createSimulator({ instruments: ['BTC-PERPETUAL'], ...options }, { clock })
  await simulator.start()
  registerCleanUp(() => simulator.stop())
  return { simulator, clock }
}

/** Advances the exchange by this time and returns the frames that it sent. */
export async function run(clock: FakeClock, client: Client, ms: number): Promise<void> {
  clock.advance(ms)
  await client.settle()
}

/** A plain WebSocket client that collects every text that it receives. */
export class Client {
  readonly texts: string[] = []
  readonly #ws: WebSocket
  readonly #closed: Promise<{ code: number; reason: string }>
  #lastId = 0

  private constructor(ws: WebSocket) {
    this.#ws = ws
    ws.on('message', (data: Buffer) => this.texts.push(data.toString('utf8')))
    ws.on('error', () => undefined)
    this.#closed = new Promise((resolve) => {
      ws.once('close', (code: number, reason: Buffer) =>
        resolve({ code, reason: reason.toString('utf8') }),
      )
    })
  }

  static async open(
    simulator: Simulator,
    { perMessageDeflate = false }: { perMessageDeflate?: boolean } = {},
  ): Promise<Client> {
    const ws = new WebSocket(simulator.url, { perMessageDeflate })
    const client = new Client(ws)
    registerCleanUp(() => ws.terminate())
    await once(ws, 'open')
    return client
  }

  get isOpen(): boolean {
    return this.#ws.readyState === WebSocket.OPEN
  }

  /** Extensions negotiated at the handshake. */
  get extensions(): string {
    return this.#ws.extensions
  }

  /** Resolves when the connection has ended. */
  get closed(): Promise<{ code: number; reason: string }> {
    return this.#closed
  }

  /** JSON messages in the order of receipt. */
  get messages(): Json[] {
    return this.texts.flatMap((text) => {
      try {
        const message = JSON.parse(text) as Json | null
        return message === null ? [] : [message]
      } catch {
        return []
      }
    })
  }

  sendText(text: string): void {
    this.#ws.send(text)
  }

  post(method: string, params: object = {}): number {
    this.#lastId += 1
    const id = this.#lastId
    this.sendText(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    return id
  }

  /** Sends a request and returns its complete answer. */
  async call(method: string, params: object = {}): Promise<Json> {
    const id = this.post(method, params)
    return eventually(() => this.messages.find((message) => message['id'] === id) ?? false)
  }

  async subscribe(...channels: string[]): Promise<string[]> {
    const answer = await this.call('public/subscribe', { channels })
    return answer['result'] as string[]
  }

  /** Returns the `data` of every notification of a channel so far. */
  data<T = Json>(channel: string): T[] {
    return this.messages.flatMap((message) => {
      const params = message['params'] as { channel?: string; data?: T } | undefined
      return params?.channel === channel && params.data !== undefined ? [params.data] : []
    })
  }

  books(channel: string): Book[] {
    return this.data<Book>(channel)
  }

  /** Stops reading. */
  pause(): void {
    this.#ws.pause()
  }

  /** Waits for a pong, after which everything that the exchange has sent so far has arrived. */
  async settle(): Promise<void> {
    const pong = once(this.#ws, 'pong')
    this.#ws.ping()
    await pong
  }
}

/** An independent implementation of a book: plain maps, applied row by row. */
export class PlainBook {
  readonly bids = new Map<number, number>()
  readonly asks = new Map<number, number>()

  apply(frame: Book): void {
    if (frame.type === 'snapshot') {
      this.bids.clear()
      this.asks.clear()
    }
    for (const side of ['bids', 'asks'] as const) {
      for (const [action, price, amount = 0] of frame[side]) {
        if (action === 'delete') this[side].delete(price)
        else this[side].set(price, amount)
      }
    }
  }

  /** Returns the levels as pairs, best first. */
  levels(side: 'bids' | 'asks'): [number, number][] {
    const towards = side === 'bids' ? -1 : 1
    return [...this[side]].sort(([a], [b]) => towards * (a - b))
  }
}
