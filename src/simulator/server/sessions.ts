import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Clock } from '../../time/clock.ts'
import type { Dispatcher } from '../rpc/dispatcher.ts'
import type { RequestContext } from '../rpc/request.ts'
import { type LinkState, Outbox, type SendBatch } from './outbox.ts'
import { Session } from './session.ts'

export interface SessionsOptions {
  idleTimeoutMs: number
  maxBufferedBytes: number
}

export interface SessionsDeps {
  clock: Clock
  context: RequestContext
  dispatcher: Dispatcher
  link: LinkState
  batch: SendBatch
}

/** Maps sockets to sessions and holds every open session. */
export class Sessions {
  readonly open = new Set<Session>()
  readonly #outboxes = new Set<Outbox>()
  readonly #options: SessionsOptions
  readonly #deps: SessionsDeps
  #lastId = 0

  constructor(options: SessionsOptions, deps: SessionsDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** Whether a client has more unread bytes than this. */
  isCongested(bytes: number): boolean {
    return [...this.#outboxes].some((outbox) => outbox.bufferedBytes > bytes)
  }

  add(ws: WebSocket, socket: Duplex, address: string): Session {
    const { clock, context, link, batch } = this.#deps
    const { idleTimeoutMs, maxBufferedBytes } = this.#options
    const outbox: Outbox = new Outbox(
      { maxBufferedBytes },
      { ws, socket, batch, link, clock, onTooSlow: () => session.closeAsTooSlow() },
    )
    this.#lastId += 1
    const session: Session = new Session(
      { id: this.#lastId, address, idleTimeoutMs },
      {
        clock,
        random: context.random,
        hub: context.hub,
        accounts: context.accounts,
        write: (data) => outbox.send(data),
        close: (code, reason) => {
          if (!outbox.isSilenced) ws.close(code, reason)
        },
        cut: () => ws.terminate(),
        silence: () => {
          outbox.silence()
          ws.pause()
        },
      },
    )
    this.open.add(session)
    this.#outboxes.add(outbox)
    ws.on('message', (data) => this.#receive(session, data))
    ws.on('ping', (data) => {
      if (!outbox.isSilenced) ws.pong(data)
    })
    ws.on('error', () => ws.terminate())
    ws.on('close', () => {
      outbox.stop()
      this.#outboxes.delete(outbox)
      session.end()
      this.open.delete(session)
    })
    return session
  }

  #receive(session: Session, data: RawData): void {
    const { clock, link } = this.#deps
    if (link.requestDelayMs === 0) {
      this.#handle(session, data)
      return
    }
    clock.setTimer(() => this.#handle(session, data), link.requestDelayMs)
  }

  #handle(session: Session, data: RawData): void {
    const { dispatcher, link, context } = this.#deps
    if (link.isSilent || !this.open.has(session)) return
    dispatcher.handle(session, bufferOf(data), context.clock.nowUs())
  }
}

function bufferOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
