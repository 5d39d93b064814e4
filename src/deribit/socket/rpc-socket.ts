import { type RawData, WebSocket } from 'ws'
import { AppError, messageOf } from '../../errors.ts'
import type { Receipt } from '../../model/frames.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { DeribitMessage, ResponseMessage } from '../protocol/messages.ts'
import { parseMessage } from '../protocol/parse-message.ts'
import type { RoundTrip } from './clock-sync.ts'
import { type ConnectResult, resultOfError, resultOfStatus, type SocketClose } from './outcomes.ts'
import { type ProxyAddress, ProxyTunnel } from './proxy-tunnel.ts'

/** The bound of every message: above it the library closes the socket (close code 1009 on our side). */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024
/** Requests whose sending time is kept for the clock offset. */
const MAX_TIMED_REQUESTS = 100
/** Unanswered requests that a connection may hold; more is a fault of ours. */
const MAX_PENDING_REQUESTS = 1000

export interface RpcSocketOptions {
  url: string
  /** On the way to the address; without it the way is direct. */
  proxy?: ProxyAddress | undefined
  /** For the whole way: proxy, TLS and upgrade. */
  handshakeTimeoutMs: number
  requestTimeoutMs: number
}

export interface ConnectionEvents {
  /** Everything but answers to requests, from the read path. */
  onMessage(message: DeribitMessage, receipt: Receipt): void
  /** The four times of an answer, for the clock offset. */
  onRoundTrip(times: RoundTrip): void
  /** Once, after the connection was open; not after a failed `open`. */
  onClose(close: SocketClose): void
}

export interface RpcSocketDeps {
  clock: Clock
  events: ConnectionEvents
}

interface PendingRequest {
  resolve(response: ResponseMessage): void
  reject(error: AppError): void
  readonly timer: Timer
}

/** One WebSocket to the exchange with JSON-RPC on it. Opened once, never reused. */
export class RpcSocket {
  readonly #options: RpcSocketOptions
  readonly #clock: Clock
  readonly #events: ConnectionEvents
  readonly #pending = new Map<number, PendingRequest>()
  readonly #sent = new Map<number, { timeMs: number; monotonicMs: number }>()
  #socket: WebSocket | null = null
  #tunnel: ProxyTunnel | null = null
  #handshakeTimer: Timer | null = null
  #nextId = 1
  #isOpen = false
  #error: Error | null = null

  constructor(options: RpcSocketOptions, deps: RpcSocketDeps) {
    this.#options = options
    this.#clock = deps.clock
    this.#events = deps.events
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Gives `ok`, or what stood in the way with its words. Never rejects. */
  async open(): Promise<{ result: ConnectResult; detail: string }> {
    const { proxy, handshakeTimeoutMs } = this.#options
    const tunnel = proxy === undefined ? null : new ProxyTunnel(proxy)
    this.#tunnel = tunnel
    const opened = Promise.withResolvers<{ result: ConnectResult; detail: string }>()
    const failed = (result: ConnectResult, detail: string) =>
      opened.resolve({ result, detail: tunnel === null ? detail : tunnel.explain(detail) })
    this.#handshakeTimer = this.#clock.setTimer(() => {
      failed('timeout', `no connection within ${handshakeTimeoutMs} ms`)
    }, handshakeTimeoutMs)
    const socket = new WebSocket(this.#options.url, {
      perMessageDeflate: false,
      maxPayload: MAX_PAYLOAD_BYTES,
      ...(tunnel === null ? {} : { agent: tunnel.agent }),
    })
    this.#socket = socket
    socket.once('open', () => {
      this.#isOpen = true
      opened.resolve({ result: 'ok', detail: '' })
    })
    socket.on('unexpected-response', (request, response) => {
      const status = response.statusCode ?? 0
      request.destroy()
      failed(resultOfStatus(status), `HTTP status ${status}`)
    })
    socket.on('error', (error) => {
      this.#error = error
      if (!this.#isOpen) failed(resultOfError(error), messageOf(error))
      // Else the library reads on to the end of a frame that is too large, and its reason gets lost.
      else socket.terminate()
    })
    socket.on('message', (data: RawData) => this.#onData(data))
    socket.once('close', (code, reason) => {
      this.#onClosed({ code, reason: reason.toString('utf8'), error: this.#error })
      failed('refused', 'closed during the handshake')
    })
    const outcome = await opened.promise
    this.#handshakeTimer.cancel()
    if (outcome.result !== 'ok') this.terminate()
    return outcome
  }

  /**
   * Calls a method and waits for its answer; the answer may hold an error.
   * Rejects with `ERR_FEED_TIMEOUT` or `ERR_FEED_CONNECTION`, both retryable.
   */
  request(method: string, params: object): Promise<ResponseMessage> {
    const id = this.#nextId++
    if (!this.#isOpen || this.#pending.size >= MAX_PENDING_REQUESTS) {
      return Promise.reject(connectionError(method, 'not open or too many requests'))
    }
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(() => {
        this.#pending.delete(id)
        const context = { method, timeoutMs: this.#options.requestTimeoutMs }
        reject(
          new AppError('ERR_FEED_TIMEOUT', `no answer to ${method}`, { context, retryable: true }),
        )
      }, this.#options.requestTimeoutMs)
      this.#pending.set(id, { resolve, reject, timer })
      this.#send(id, method, params)
    })
  }

  /** Sends without waiting for the answer: from the read path, where waiting would stop reading. */
  notify(method: string, params: object): void {
    if (this.#isOpen) this.#send(this.#nextId++, method, params)
  }

  /** Ends it at once, without the closing handshake, which a vanished peer never completes. */
  terminate(): void {
    this.#handshakeTimer?.cancel()
    this.#socket?.terminate()
    this.#tunnel?.close()
  }

  #send(id: number, method: string, params: object): void {
    if (this.#sent.size >= MAX_TIMED_REQUESTS) this.#sent.clear()
    this.#sent.set(id, { timeMs: this.#clock.nowMs(), monotonicMs: this.#clock.monotonicMs() })
    this.#socket?.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
  }

  #onData(data: RawData): void {
    const receivedTimeMs = this.#clock.nowMs()
    const receivedMonotonicMs = this.#clock.monotonicMs()
    const bytes = toBuffer(data)
    const message = parseMessage(bytes)
    if (message.type === 'response' && message.id !== null) {
      this.#time(message.id, message, { receivedTimeMs, receivedMonotonicMs })
      this.#answer(message.id, message)
    }
    this.#events.onMessage(message, { bytes, receivedTimeMs, receivedMonotonicMs, answers: null })
  }

  #time(
    id: number,
    { usIn, usOut }: ResponseMessage,
    received: Pick<RoundTrip, 'receivedTimeMs' | 'receivedMonotonicMs'>,
  ): void {
    const sent = this.#sent.get(id)
    this.#sent.delete(id)
    if (sent === undefined || usIn === null || usOut === null) return
    const { timeMs: sentTimeMs, monotonicMs: sentMonotonicMs } = sent
    this.#events.onRoundTrip({ ...received, sentTimeMs, sentMonotonicMs, usIn, usOut })
  }

  #answer(id: number, response: ResponseMessage): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    pending.timer.cancel()
    pending.resolve(response)
  }

  #onClosed(close: SocketClose): void {
    const wasOpen = this.#isOpen
    this.#isOpen = false
    for (const pending of this.#pending.values()) {
      pending.timer.cancel()
      pending.reject(connectionError('request', `closed with ${close.code} ${close.reason}`))
    }
    this.#pending.clear()
    if (wasOpen) this.#events.onClose(close)
  }
}

function connectionError(method: string, why: string): AppError {
  return new AppError('ERR_FEED_CONNECTION', `${method}: ${why}`, { retryable: true })
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
