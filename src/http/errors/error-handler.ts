import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock } from '../../time/clock.ts'
import type { TypedApp } from '../typed-app.ts'
import {
  PROBLEM_KINDS,
  PROBLEM_MEDIA_TYPE,
  problemBody,
  ProblemError,
  type ProblemKind,
} from './problem.ts'

/** Converts anything thrown into a problem response. Internal errors are logged and never sent. */
export function createErrorHandler(logger: Logger) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { kind, detail, members, headers } = readThrown(thrown)
    if (kind.status >= 500 && !(thrown instanceof ProblemError)) {
      const route = request.routeOptions.url ?? 'other'
      const { id: requestId, method } = request
      logger.error({ err: thrown, requestId, method, route }, 'request failed')
    }
    void reply
      .code(kind.status)
      .headers(headers)
      .type(PROBLEM_MEDIA_TYPE)
      .send(problemBody(kind, detail, request.url, members))
  }
}

export function handleNotFound(request: FastifyRequest): never {
  throw new ProblemError(PROBLEM_KINDS.routeNotFound, `no route for ${request.method} at this path`)
}

interface Answer {
  readonly kind: ProblemKind
  readonly detail: string
  readonly members: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
}

function readThrown(thrown: unknown): Answer {
  if (thrown instanceof ProblemError) {
    const { kind, message, members, headers } = thrown
    return { kind, detail: message, members, headers }
  }
  const status = statusOf(thrown)
  if (status === null) {
    return {
      kind: PROBLEM_KINDS.internal,
      detail: 'internal error; see the log of the service',
      members: {},
      headers: {},
    }
  }
  // Messages of errors below 500 come from Fastify and contain no internals.
  const detail = (thrown as FastifyError).message
  if (status === 400) return { kind: PROBLEM_KINDS.badRequest, detail, members: {}, headers: {} }
  const title = STATUS_CODES[status] ?? PROBLEM_KINDS.requestRefused.title
  const kind = { ...PROBLEM_KINDS.requestRefused, status, title }
  return { kind, detail, members: {}, headers: {} }
}

/** Returns the status of a client error; null for every other error. */
function statusOf(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('statusCode' in thrown)) return null
  const { statusCode } = thrown
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : null
}

const STATUS_OF: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}

/** How long a refused client has to read the response. */
const LINGER_MS = 1000

/** Answers malformed requests directly on the socket. */
export class ClientErrors {
  /** The last response on each connection. */
  readonly #answers = new WeakMap<Socket, ServerResponse>()

  readonly #clock: Clock
  readonly #newId: () => string

  /** @param newId creates request ids */
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
    const body = JSON.stringify(problemBody(kind, 'malformed HTTP request', ''))
    socket.end(
      `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\n` +
        'Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n' +
        `X-Request-Id: ${this.#newId()}\r\nConnection: close\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
    // Not immediately: data still sent by the client would reset the connection before it reads the response.
    // Nor on the end of the socket: an unfinished handshake never writes it, and a client need not close.
    const timer = this.#clock.setTimer(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => timer.cancel())
  }

  /** Whether a response is being sent. A problem written now would become part of its body. */
  #isAnswering(socket: Socket): boolean {
    const answer = this.#answers.get(socket)
    return answer !== undefined && answer.headersSent && !answer.writableFinished
  }
}
