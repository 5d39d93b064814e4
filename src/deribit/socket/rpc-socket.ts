import { type RawData, WebSocket } from 'ws'
import { AppError, messageOf } from '../../errors.ts'
import type { Receipt } from '../../model/frames.ts'
import type { Clock, Instant, Timer } from '../../time/clock.ts'
import type { DeribitMessage, ResponseMessage } from '../protocol/messages.ts'
import { MessageParser } from '../protocol/parse-message.ts'
import type { RoundTrip } from './clock-sync.ts'
import { type ConnectResult, resultOfError, resultOfStatus, type SocketClose } from './outcomes.ts'
import { type ProxyAddress, ProxyTunnel } from './proxy-tunnel.ts'
import { ReceiveQueue } from './receive-queue.ts'

/** Maximum size of a message; the library closes the socket over it (close code 1009 on this side). */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024
/** Maximum number of requests whose send time is kept for the clock offset. */
const MAX_TIMED_REQUESTS = 100
/** Maximum number of unanswered requests; more indicate a bug. */
const MAX_PENDING_REQUESTS = 1000

export interface RpcSocketOptions {
  url: string
  /** Proxy for the URL. Default: direct connection. */
  proxy?: ProxyAddress | undefined
  /** Time limit for proxy, TLS and upgrade together. */
  handshakeTimeoutMs: number
  requestTimeoutMs: number
}

export interface ConnectionEvents {
  /**
   * Called for every message, from the read path.
   * @param place time up to which every message was handled or superseded; the receipt, unless the
   *   message waited during an overload
   */
  onMessage(message: DeribitMessage, receipt: Receipt, place: Instant): void
  /**
   * Called for a grouped snapshot that a newer one superseded during an overload.
   * @param length of the message, bytes
   */
  onSuperseded?(channel: string, length: number): void
  /** Called with the four times of a response, for the clock offset. */
  onRoundTrip(times: RoundTrip): void
  /** Called once after an open connection has closed; not after a failed `open`. */
  onClose(close: SocketClose): void
  /** Called with each request before it is sent, for a recording. */
  onSend?(text: string): void
}

export interface RpcSocketDeps {
  clock: Clock
  events: ConnectionEvents
  /** Whether messages come faster than this process can handle them. Default: never. */
  isOverloaded?: () => boolean
}

interface PendingRequest {
  resolve(response: ResponseMessage): void
  reject(error: AppError): void
  readonly timer: Timer
}

/** A JSON-RPC connection over one WebSocket. Opened once, never reused. */
export class RpcSocket {
  readonly #options: RpcSocketOptions
  readonly #clock: Clock
  readonly #events: ConnectionEvents
  readonly #parser = new MessageParser()
  readonly #received: ReceiveQueue
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
    this.#received = new ReceiveQueue({
      clock: deps.clock,
      isOverloaded: deps.isOverloaded ?? (() => false),
      supersedableChannel: (bytes) => this.#parser.groupedChannelOf(bytes),
      handle: (bytes, received, place) => this.#handle(bytes, received, place),
      onSuperseded: (channel, length) => this.#events.onSuperseded?.(channel, length),
    })
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Opens the connection. Resolves with `ok`, or the failure with its reason. Never rejects. */
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
      // Otherwise the library reads an oversize frame to its end and loses the reason.
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
   * Calls a method and waits for its response, which may contain an error.
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
          new AppError('ERR_FEED_TIMEOUT', `no response to ${method}`, {
            context,
            retryable: true,
          }),
        )
      }, this.#options.requestTimeoutMs)
      this.#pending.set(id, { resolve, reject, timer })
      this.#send(id, method, params)
    })
  }

  /** Sends a request without waiting for the response. Used in the read path, where waiting would block. */
  notify(method: string, params: object): void {
    if (this.#isOpen) this.#send(this.#nextId++, method, params)
  }

  /** Closes immediately, without the closing handshake, which a dead peer never completes. */
  terminate(): void {
    this.#handshakeTimer?.cancel()
    this.#socket?.terminate()
    this.#tunnel?.close()
  }

  #send(id: number, method: string, params: object): void {
    if (this.#sent.size >= MAX_TIMED_REQUESTS) this.#sent.clear()
    this.#sent.set(id, { timeMs: this.#clock.nowMs(), monotonicMs: this.#clock.monotonicMs() })
    const text = JSON.stringify({ jsonrpc: '2.0', id, method, params })
    this.#events.onSend?.(text)
    this.#socket?.send(text)
  }

  #onData(data: RawData): void {
    const received = { wallMs: this.#clock.nowMs(), monotonicMs: this.#clock.monotonicMs() }
    this.#received.add(toBuffer(data), received)
  }

  #handle(bytes: Buffer, received: Instant, place: Instant): void {
    const { wallMs: receivedTimeMs, monotonicMs: receivedMonotonicMs } = received
    const message = this.#parser.parse(bytes)
    if (message.type === 'response' && message.id !== null) {
      this.#time(message.id, message, { receivedTimeMs, receivedMonotonicMs })
      this.#answer(message.id, message)
    }
    const receipt = { bytes, receivedTimeMs, receivedMonotonicMs, answers: null }
    this.#events.onMessage(message, receipt, place)
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
    // Received before the end.
    this.#received.flush()
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
