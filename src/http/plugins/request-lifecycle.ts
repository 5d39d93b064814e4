import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { PROBLEM_KINDS, ProblemError } from '../errors/problem.ts'
import { type HttpMetrics, methodLabel } from '../metrics.ts'
import type { TypedApp } from '../typed-app.ts'

/** Fifty names of 64 characters with their commas written as %2C, and some room. */
export const MAX_URL_LENGTH = 4096

/** On every answer: numbers of the moment are never cached, and never guessed to be a page. */
const COMMON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** What every answer has, that of a request which no route could take too. */
export function greet(request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers(COMMON_HEADERS).header('x-request-id', request.id)
}

/** What is done with every request, whatever it is for. */
export function beginRequests(app: TypedApp, requests: RequestCounter): void {
  app.addHook('onRequest', (request, reply, done) => {
    greet(request, reply)
    done(findFault(request))
  })
  app.addHook('onResponse', (request, reply, done) => {
    requests.count(request, reply)
    done()
  })
}

/** What is wrong with a request before anybody looks what it asks for. */
function findFault({ url, headers, raw }: FastifyRequest): ProblemError | undefined {
  if (raw.socket.remoteAddress === undefined) {
    return new ProblemError(PROBLEM_KINDS.requestRefused, 'the client is gone')
  }
  if (url.length > MAX_URL_LENGTH) {
    const detail = `the address has more than ${MAX_URL_LENGTH} characters`
    return new ProblemError(PROBLEM_KINDS.urlTooLong, detail)
  }
  if (headers.host === undefined && raw.httpVersion === '1.1') {
    return new ProblemError(PROBLEM_KINDS.badRequest, 'HTTP/1.1 wants the header Host')
  }
  return undefined
}

const HEADER = 'x-request-id'
const WELL_FORMED = /^[\w.:-]{1,64}$/

/** The ids of requests: the one that the client gave where it is well-formed, else a new one. */
export function createRequestIds(): (request: { headers: IncomingHttpHeaders }) => string {
  const process = randomBytes(6).toString('base64url')
  let count = 0
  return ({ headers }) => {
    const given = headers[HEADER]
    if (typeof given === 'string' && WELL_FORMED.test(given)) return given
    count += 1
    return `${process}-${count.toString(36)}`
  }
}

/** Counts each request once, with the time that its answer took so far. */
export class RequestCounter {
  readonly #metrics: HttpMetrics
  readonly #counted = new WeakSet<FastifyReply>()

  constructor(metrics: HttpMetrics) {
    this.#metrics = metrics
  }

  count(request: FastifyRequest, reply: FastifyReply): void {
    if (this.#counted.has(reply)) return
    this.#counted.add(reply)
    this.#metrics.requestDuration
      .series({
        method: methodLabel(request.method),
        // The pattern, never the URL: clients invent any number of those.
        route: request.routeOptions.url ?? 'other',
        status: String(reply.statusCode),
      })
      .observe(reply.elapsedTime / 1000)
  }
}
