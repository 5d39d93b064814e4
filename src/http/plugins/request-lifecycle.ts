import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { PROBLEM_KINDS, ProblemError } from '../errors/problem.ts'
import { type HttpMetrics, methodLabel } from '../metrics.ts'
import type { TypedApp } from '../typed-app.ts'

/** Sufficient for 50 names of 64 characters with commas encoded as %2C. */
export const MAX_URL_LENGTH = 4096

/** Headers of every response: no caching of live values, no content sniffing. */
const COMMON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** Sets the headers that every response has, including those of requests that cannot be routed. */
export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers(COMMON_HEADERS).header('x-request-id', request.id)
}

/** Adds the hooks that apply to every request: common headers, basic checks, metrics. */
export function addRequestHooks(app: TypedApp, requests: RequestCounter): void {
  app.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply)
    done(findRequestProblem(request))
  })
  app.addHook('onResponse', (request, reply, done) => {
    requests.count(request, reply)
    done()
  })
}

/** Checks a request independently of its route. */
function findRequestProblem({ url, headers, raw }: FastifyRequest): ProblemError | undefined {
  if (raw.socket.remoteAddress === undefined) {
    return new ProblemError(PROBLEM_KINDS.requestRefused, 'the client has disconnected')
  }
  if (url.length > MAX_URL_LENGTH) {
    const detail = `the URL is longer than ${MAX_URL_LENGTH} characters`
    return new ProblemError(PROBLEM_KINDS.urlTooLong, detail)
  }
  if (headers.host === undefined && raw.httpVersion === '1.1') {
    return new ProblemError(PROBLEM_KINDS.badRequest, 'HTTP/1.1 requires the header Host')
  }
  return undefined
}

const HEADER = 'x-request-id'
const WELL_FORMED = /^[\w.:-]{1,64}$/

/** Creates the generator of request ids: the id sent by the client if it is well-formed, else a new one. */
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

/** Counts each request once and observes its duration. */
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
        // The pattern of the route, not the URL: the number of URLs is unbounded.
        route: request.routeOptions.url ?? 'other',
        status: String(reply.statusCode),
      })
      .observe(reply.elapsedTime / 1000)
  }
}
