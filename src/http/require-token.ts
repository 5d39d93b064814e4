import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../model/clock.ts'
import { FailedTokens } from './failed-tokens.ts'
import { PROBLEM_KINDS, ProblemError } from './problem.ts'
import type { TypedApp } from './typed-app.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a token too: nothing of the data is in it. */
    isPublic?: boolean
  }
}

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i

/**
 * From now on every answer needs the token as `Authorization: Bearer`, but those of routes whose config
 * says `isPublic`. It is not taken from anywhere else: addresses end up in logs and histories. Who sends
 * a wrong one again and again has to wait.
 */
export function requireToken(app: TypedApp, token: string, clock: Clock): void {
  const expected = digest(token)
  const failed = new FailedTokens(clock)
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.isPublic === true) done()
    else if (failed.isExceededBy(request.ip)) done(tooMany())
    else if (hasToken(request, expected)) done()
    else {
      // Who sends none guesses nothing.
      if (request.headers.authorization !== undefined) failed.add(request.ip)
      done(unauthorized())
    }
  })
}

function unauthorized(): ProblemError {
  const detail = 'send the token of this service as Authorization: Bearer'
  return new ProblemError(PROBLEM_KINDS.unauthorized, detail, {}, { 'www-authenticate': 'Bearer' })
}

function tooMany(): ProblemError {
  const detail = 'too many wrong tokens in a second from this address'
  return new ProblemError(PROBLEM_KINDS.tooManyRequests, detail, {}, { 'retry-after': '1' })
}

/** Digests have one length, so how long the comparison takes says nothing, not even of the length. */
function hasToken({ headers }: FastifyRequest, expected: Buffer): boolean {
  const [, given] = BEARER.exec(headers.authorization ?? '') ?? []
  return given !== undefined && timingSafeEqual(digest(given), expected)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
