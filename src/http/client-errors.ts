import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../model/clock.ts'
import { PROBLEM_KINDS, PROBLEM_MEDIA_TYPE, problemBody } from './problem.ts'
import type { TypedApp } from './typed-app.ts'

const STATUS_OF: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}

/** How long a client has to read why it is refused. */
const LINGER_MS = 1000

/** Answers what is not even HTTP, straight on the socket. */
export class ClientErrors {
  /** The last answer of a connection. */
  readonly #answers = new WeakMap<Socket, ServerResponse>()

  readonly #clock: Clock
  readonly #newId: () => string

  /** @param newId gives ids of requests */
  constructor(clock: Clock, newId: () => string) {
    this.#clock = clock
    this.#newId = newId
  }

  watch(app: TypedApp): void {
    app.addHook('onRequest', (request, reply, done) => {
      this.#answers.set(request.raw.socket, reply.raw)
      done()
    })
  }

  readonly handle = (error: Error & { code?: string }, socket: Socket): void => {
    if (socket.destroyed) return
    if (!socket.writable || error.code === 'ECONNRESET' || this.#isAnswering(socket)) {
      socket.destroy()
      return
    }
    const status = STATUS_OF[error.code ?? ''] ?? 400
    const title = STATUS_CODES[status] ?? ''
    const kind = { ...PROBLEM_KINDS.requestRefused, status, title }
    const body = JSON.stringify(problemBody(kind, 'the request cannot be read', ''))
    socket.end(
      `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\n` +
        'Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n' +
        `X-Request-Id: ${this.#newId()}\r\nConnection: close\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
    // Not at once, as what the client still sends would reset the connection before it has read this.
    // Nor by the end of the socket: an unfinished handshake never writes it, and a client need not close.
    const timer = this.#clock.setTimer(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => timer.cancel())
  }

  /** Garbage behind a good request: a problem in the midst of its answer would be part of it. */
  #isAnswering(socket: Socket): boolean {
    const answer = this.#answers.get(socket)
    return answer !== undefined && answer.headersSent && !answer.writableFinished
  }
}
