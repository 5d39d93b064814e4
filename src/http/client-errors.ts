import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { PROBLEM_KINDS, PROBLEM_MEDIA_TYPE, problemBody } from './problem.ts'
import type { TypedApp } from './typed-app.ts'

const STATUS_OF: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}

/** Answers what is not even HTTP, straight on the socket. */
export class ClientErrors {
  /** The last answer of a connection. */
  readonly #answers = new WeakMap<Socket, ServerResponse>()

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
        'Cache-Control: no-store\r\nConnection: close\r\n' +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
  }

  /** Garbage behind a good request: a problem in the midst of its answer would be part of it. */
  #isAnswering(socket: Socket): boolean {
    const answer = this.#answers.get(socket)
    return answer !== undefined && answer.headersSent && !answer.writableFinished
  }
}
