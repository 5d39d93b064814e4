import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
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
 * says `isPublic`. It is not taken from anywhere else: addresses end up in logs and histories.
 */
export function requireToken(app: TypedApp, token: string): void {
  const expected = digest(token)
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.isPublic !== true && !hasToken(request, expected)) {
      done(
        new ProblemError(
          PROBLEM_KINDS.unauthorized,
          'send the token of this service as Authorization: Bearer',
          {},
          { 'www-authenticate': 'Bearer' },
        ),
      )
    } else done()
  })
}

/** Digests have one length, so how long the comparison takes says nothing, not even of the length. */
function hasToken({ headers }: FastifyRequest, expected: Buffer): boolean {
  const [, given] = BEARER.exec(headers.authorization ?? '') ?? []
  return given !== undefined && timingSafeEqual(digest(given), expected)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
