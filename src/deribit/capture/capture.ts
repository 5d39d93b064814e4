import type { ConnectionEvent, RecordedLine } from '../../recording/recorded-line.ts'
import { type Clock, TimerGroup } from '../../time/clock.ts'
import { Backoff, TokenBucket } from '../../time/pacing.ts'
import { chunkChannels } from '../protocol/channels.ts'
import { isObject, type ResponseMessage } from '../protocol/messages.ts'
import type { ProxyAddress } from '../socket/proxy-tunnel.ts'
import { RpcSocket } from '../socket/rpc-socket.ts'

const HANDSHAKE_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 10_000
/** Minimum of the exchange. */
const HEARTBEAT_INTERVAL_S = 10
/** Half of the credits of the exchange, so that a capture never exhausts them. */
const CALLS = { burst: 20, refillMs: 100 }
const SUBSCRIBE_CALLS = { burst: 3, refillMs: 1000 }
const RECONNECT = { baseMs: 1000, capMs: 10_000, resetAfterMs: 60_000 }
/** Channels that do not depend on an instrument. */
const COMMON_CHANNELS = ['platform_state', 'instrument.state.any.any']

export interface CaptureOptions {
  url: string
  proxy?: ProxyAddress | undefined
  /** Names and selectors `kind:currency`, as in INSTRUMENTS. */
  instruments: readonly string[]
  /** Subscribes exactly these channels instead of all channels of the instruments. */
  channels?: readonly string[] | undefined
  maxInstruments: number
}

/** A call of the exchange; null if it was not answered. Never rejects. */
export type Call = (method: string, params: object) => Promise<ResponseMessage | null>

export interface CaptureDeps {
  clock: Clock
  /** Called with every frame in both directions, and with what happens to the connection. */
  onLine(line: RecordedLine): void
  /** Makes further calls once the first connection has subscribed. */
  sendRequests?(call: Call, channels: readonly string[]): Promise<void>
}

/**
 * Receives everything that the exchange publishes about some instruments: books of both kinds,
 * trades, tickers, quotes, prices of their indices, states. Never logs in. Reconnects until its
 * time is over.
 */
export class Capture {
  readonly #options: CaptureOptions
  readonly #deps: CaptureDeps
  readonly #receiptClock: ReceiptClock
  readonly #timers: TimerGroup
  readonly #backoff = new Backoff(RECONNECT)
  readonly #ended = Promise.withResolvers<void>()
  #socket: RpcSocket | null = null
  #isStopped = false
  #hasRecorded = false
  #framesReceived = 0
  #lastFailure: string | null = null
  #hasSentRequests = false

  constructor(options: CaptureOptions, deps: CaptureDeps) {
    this.#options = options
    this.#deps = deps
    this.#receiptClock = new ReceiptClock(deps.clock)
    this.#timers = new TimerGroup(deps.clock)
  }

  get framesReceived(): number {
    return this.#framesReceived
  }

  /** Result of the last failed connection attempt, such as `http_503`; null if none failed. */
  get lastFailure(): string | null {
    return this.#lastFailure
  }

  /** Captures for this long, or until `stop`. Never rejects. */
  async run(durationMs: number): Promise<void> {
    this.#timers.after(durationMs, () => this.stop())
    void this.#connect()
    await this.#ended.promise
  }

  /** Ends the connection and `run`. Idempotent. */
  stop(): void {
    if (this.#isStopped) return
    if (this.#hasRecorded) this.#recordEvent({ event: 'end' })
    this.#isStopped = true
    this.#timers.cancel()
    this.#socket?.terminate()
    this.#ended.resolve()
  }

  async #connect(): Promise<void> {
    const { clock } = this.#deps
    const { url, proxy } = this.#options
    const socket: RpcSocket = new RpcSocket(
      {
        url,
        proxy,
        handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
      },
      {
        clock,
        events: {
          onSend: (raw) => this.#line('out', raw),
          onMessage: (message, { bytes }) => {
            this.#framesReceived += 1
            this.#line('in', bytes.toString('utf8'))
            // From the read path: an answer behind a queue may be too late.
            if (message.type === 'test_request') socket.notify('public/test', {})
          },
          onRoundTrip: () => undefined,
          onClose: ({ code, reason }) => {
            this.#recordEvent({ event: 'close', code, reason })
            this.#reconnect()
          },
        },
      },
    )
    this.#socket = socket
    const { result } = await socket.open()
    if (this.#isStopped) return
    if (result !== 'ok') {
      this.#lastFailure = result
      this.#recordEvent({ event: 'connect_failed', result })
      this.#reconnect()
      return
    }
    this.#recordEvent({ event: 'open' })
    await this.#subscribe(socket)
  }

  #reconnect(): void {
    if (!this.#isStopped) {
      this.#timers.after(this.#backoff.nextDelayMs(), () => void this.#connect())
    }
  }

  /** Makes the calls of a new connection; ends early if the connection does. */
  async #subscribe(socket: RpcSocket): Promise<void> {
    const calls = new TokenBucket(CALLS, this.#deps.clock)
    const subscribeCalls = new TokenBucket(SUBSCRIBE_CALLS, this.#deps.clock)
    const call: Call = async (method, params) => {
      const isSubscribe = method === 'public/subscribe'
      await (isSubscribe ? subscribeCalls : calls).acquire(this.#timers.sleep)
      return socket.request(method, params).catch(() => null)
    }
    await call('public/hello', { client_name: 'orderbook-exporter', client_version: '1' })
    await call('public/set_heartbeat', { interval: HEARTBEAT_INTERVAL_S })
    const channels = this.#options.channels ?? (await this.#channelsOfInstruments(call))
    for (const chunk of chunkChannels(channels)) {
      await call('public/subscribe', { channels: chunk })
    }
    if (!socket.isOpen || this.#hasSentRequests) return
    this.#hasSentRequests = true
    await this.#deps.sendRequests?.(call, channels)
  }

  async #channelsOfInstruments(call: Call): Promise<string[]> {
    const { instruments, indices } = await this.#findInstruments(call)
    return [
      ...COMMON_CHANNELS,
      ...indices.map((index) => `deribit_price_index.${index}`),
      ...instruments.flatMap(channelsOf),
    ]
  }

  /** Resolves the selectors, and asks for the instrument object of each name. */
  async #findInstruments(call: Call): Promise<{ instruments: string[]; indices: string[] }> {
    const names = new Set<string>()
    const indices = new Set<string>()
    const { maxInstruments } = this.#options
    const addInstrument = (info: unknown): void => {
      if (!isObject(info) || typeof info['instrument_name'] !== 'string') return
      if (names.size >= maxInstruments) return
      names.add(info['instrument_name'])
      if (typeof info['price_index'] === 'string') indices.add(info['price_index'])
    }
    for (const wanted of this.#options.instruments) {
      const [kind = '', currency] = wanted.split(':')
      if (currency === undefined) {
        const answer = await call('public/get_instrument', { instrument_name: wanted })
        addInstrument(answer?.result)
        // Subscribed even if it is unknown: the answer of the exchange is part of the recording.
        if (names.size < maxInstruments) names.add(wanted)
      } else {
        const params = { currency, ...(kind === 'any' ? {} : { kind }) }
        const answer = await call('public/get_instruments', params)
        if (Array.isArray(answer?.result))
          for (const info of answer.result as unknown[]) addInstrument(info)
      }
    }
    return { instruments: [...names], indices: [...indices] }
  }

  #recordEvent(event: ConnectionEvent): void {
    this.#line('event', JSON.stringify(event))
  }

  #line(direction: RecordedLine['direction'], raw: string): void {
    if (this.#isStopped) return
    this.#hasRecorded = true
    this.#deps.onLine({ receivedUs: this.#receiptClock.nowUs(), direction, raw })
  }
}

function channelsOf(instrument: string): string[] {
  return [
    `book.${instrument}.100ms`,
    `book.${instrument}.none.10.100ms`,
    `trades.${instrument}.100ms`,
    `ticker.${instrument}.100ms`,
    `quote.${instrument}`,
  ]
}

/** A larger difference between the two clocks means that the wall clock was set, ms. */
const MAX_DRIFT_MS = 2

/** Wall clock in whole microseconds: the wall clock's milliseconds, refined by the monotonic clock. */
export class ReceiptClock {
  readonly #clock: Clock
  #wallMinusMonotonicMs: number
  #lastUs = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wallMinusMonotonicMs = clock.nowMs() - clock.monotonicMs()
  }

  /** Epoch microseconds. Never decreases, unless the wall clock was set back. */
  nowUs(): number {
    const wallMs = this.#clock.nowMs()
    const monotonicMs = this.#clock.monotonicMs()
    if (Math.abs(wallMs - monotonicMs - this.#wallMinusMonotonicMs) > MAX_DRIFT_MS) {
      this.#wallMinusMonotonicMs = wallMs - monotonicMs
      this.#lastUs = 0
    }
    const nowUs = Math.round((monotonicMs + this.#wallMinusMonotonicMs) * 1000)
    this.#lastUs = Math.max(this.#lastUs, nowUs)
    return this.#lastUs
  }
}
