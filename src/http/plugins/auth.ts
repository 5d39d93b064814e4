import { createHash, timingSafeEqual } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../time/clock.ts'
import { PROBLEM_KINDS, ProblemError } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

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

/** Wrong tokens of one address within a second, after which nothing of it is looked at until the next. */
const MAX_FAILURES = 10
const WINDOW_MS = 1000
/** Networks that are counted at a time; those beyond are let through until the next second. */
const MAX_NETWORKS = 5000

/** How often each address gave a wrong token lately: a token is not to be found by trying. */
class FailedTokens {
  readonly #clock: Clock
  readonly #failures = new Map<string, number>()
  #beganMonotonicMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(address: string): void {
    const network = networkOf(address)
    const before = this.#failures.get(network)
    if (before === undefined && this.#failures.size >= MAX_NETWORKS) return
    this.#failures.set(network, (before ?? 0) + 1)
  }

  /** Whether the address has to wait; a right token would not be looked at either. */
  isExceededBy(address: string): boolean {
    this.#restart()
    return (this.#failures.get(networkOf(address)) ?? 0) >= MAX_FAILURES
  }

  #restart(): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#beganMonotonicMs < WINDOW_MS) return
    this.#beganMonotonicMs = nowMs
    this.#failures.clear()
  }
}

/** One customer has all addresses of an IPv6 network of 64 bits. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [start = '', end] = address.toLowerCase().split('::')
  const groups = start === '' ? [] : start.split(':')
  const rest = end === undefined || end === '' ? [] : end.split(':')
  const zeros = Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0')
  return [...groups, ...(end === undefined ? [] : zeros), ...rest].slice(0, 4).join(':')
}
