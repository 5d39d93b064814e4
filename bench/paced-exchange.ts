import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import process from 'node:process'
import { WebSocket, WebSocketServer } from 'ws'
import { createSimulator } from '../src/simulator/simulator.ts'
import { bookTemplate, type FrameTemplate } from './frame-template.ts'

/*
 * An exchange that costs little: requests and first snapshots are those of the simulator, whose
 * books stand still; changes are its first snapshots with other numbers, written once a tick and
 * connection. Its parent sets the rate and reads the counts.
 */

const TICK_MS = 5
/** Frames missed by a longer suspension are not made up, ms. */
const MAX_CATCH_UP_MS = 200
/** A client with more unread bytes gets no further frames until it has read some. */
const MAX_UNREAD_BYTES = 32 << 20

interface Options {
  readonly instruments: number
  readonly frameBytes: number
}

/** What the parent reads. */
export interface ExchangeCounts {
  readonly sent: number
  /** Frames that were due while the client did not read. */
  readonly held: number
}

interface Client {
  readonly socket: Duplex
  readonly ring: FrameTemplate[]
  readonly known: Set<string>
  next: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as Options
const simulator = createSimulator({
  port: 0,
  instruments: options.instruments,
  ratePerSecond: 0,
  frameBytes: options.frameBytes,
  historyMs: 0,
})
await simulator.start()
const clients = new Set<Client>()
let ratePerSecond = 0
let due = 0
let lastMs = performance.now()
let [sent, held] = [0, 0]

const http = createServer()
const server = new WebSocketServer({ noServer: true, perMessageDeflate: false })
http.on('upgrade', (request, socket, head) => {
  socket.on('error', () => socket.destroy())
  server.handleUpgrade(request, socket, head, (ws) => join(ws, socket, request.url ?? '/'))
})
await new Promise<void>((resolve) => {
  http.listen(0, '127.0.0.1', () => resolve())
})

function join(ws: WebSocket, socket: Duplex, path: string): void {
  const client: Client = { socket, ring: [], known: new Set(), next: 0 }
  const upstream = new WebSocket(new URL(path, simulator.url), { perMessageDeflate: false })
  const waiting: string[] = []
  ws.on('message', (data: Buffer) => {
    const text = String(data)
    if (upstream.readyState === WebSocket.OPEN) upstream.send(text)
    else waiting.push(text)
  })
  upstream.on('open', () => {
    for (const text of waiting) upstream.send(text)
  })
  upstream.on('message', (data: Buffer) => {
    ws.send(data, { binary: false })
    const template = bookTemplate(String(data))
    if (template === null || client.known.has(template.channel)) return
    client.known.add(template.channel)
    client.ring.push(template)
  })
  const end = () => {
    clients.delete(client)
    ws.terminate()
    upstream.terminate()
  }
  for (const side of [ws, upstream]) side.on('close', end).on('error', end)
  clients.add(client)
}

setInterval(() => {
  const nowMs = performance.now()
  const channels = [...clients].reduce((sum, { ring }) => sum + ring.length, 0)
  // As of the exchange: changes of books that are not subscribed are not sent.
  const share = Math.min(1, channels / options.instruments)
  due += (Math.min(nowMs - lastMs, MAX_CATCH_UP_MS) / 1000) * ratePerSecond * share
  lastMs = nowMs
  if (channels === 0) return
  const whole = Math.floor(due)
  due -= whole
  for (const client of clients) {
    // Rounded up or down at random.
    const own = (whole * client.ring.length) / channels
    write(client, Math.floor(own) + (Math.random() < own % 1 ? 1 : 0))
  }
}, TICK_MS)

function write(client: Client, count: number): void {
  if (count === 0) return
  if (client.socket.writableLength > MAX_UNREAD_BYTES) {
    held += count
    return
  }
  const nowMs = Date.now()
  const frames: Buffer[] = []
  for (let frame = 0; frame < count; frame += 1) {
    const template = client.ring[client.next % client.ring.length]
    client.next = (client.next + 1) % client.ring.length
    if (template !== undefined) frames.push(template.next(nowMs))
  }
  // Copied here: a channel may come twice in one tick.
  client.socket.write(Buffer.concat(frames))
  sent += frames.length
}

process.on('message', (message: number | 'counts') => {
  if (typeof message === 'number') ratePerSecond = message
  else process.send?.({ sent, held } satisfies ExchangeCounts)
})
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
const { port } = http.address() as AddressInfo
process.send?.({
  exchangeUrl: `ws://127.0.0.1:${port}/ws/api/v2`,
  instruments: simulator.instruments,
})
