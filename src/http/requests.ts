import type { FastifyReply, FastifyRequest } from 'fastify'
import { PROBLEM_KINDS, ProblemError } from './problem.ts'
import type { RequestCounter } from './request-counter.ts'
import type { TypedApp } from './typed-app.ts'

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
