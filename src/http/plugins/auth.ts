import { createHash, timingSafeEqual } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../time/clock.ts'
import { PROBLEM_KINDS, ProblemError } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Requires no token, because the response contains no market data. */
    isPublic?: boolean
  }
}

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i

/**
 * Requires the token as `Authorization: Bearer` for every route except those with `isPublic` in their
 * config. A token in the URL is not accepted, because URLs end up in logs and histories. Addresses with too
 * many failed attempts are rate-limited.
 */
export function requireToken(app: TypedApp, token: string, clock: Clock): void {
  const expected = digest(token)
  const failed = new FailedTokens(clock)
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.isPublic === true) done()
    else if (failed.isExceededBy(request.ip)) done(tooMany())
    else if (hasToken(request, expected)) done()
    else {
      // A request without a token is no attempt to guess it.
      if (request.headers.authorization !== undefined) failed.add(request.ip)
      done(unauthorized())
    }
  })
}

function unauthorized(): ProblemError {
  const detail = 'missing or invalid token; send Authorization: Bearer <token>'
  return new ProblemError(PROBLEM_KINDS.unauthorized, detail, {}, { 'www-authenticate': 'Bearer' })
}

function tooMany(): ProblemError {
  const detail = 'too many failed token attempts from this address; retry in 1 s'
  return new ProblemError(PROBLEM_KINDS.tooManyRequests, detail, {}, { 'retry-after': '1' })
}

/** Compares digests of equal length in constant time, which does not even reveal the length of the token. */
function hasToken({ headers }: FastifyRequest, expected: Buffer): boolean {
  const [, given] = BEARER.exec(headers.authorization ?? '') ?? []
  return given !== undefined && timingSafeEqual(digest(given), expected)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Failed attempts of one address per second; after that its requests are refused until the next second. */
const MAX_FAILURES = 10
const WINDOW_MS = 1000
/** Networks that are counted per second; attempts of further ones are not limited in that second. */
const MAX_NETWORKS = 5000

/** Counts failed token attempts by address, against brute force. */
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

  /** Whether the address is over the limit. Its requests are refused even with the correct token. */
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

/** Returns the address, or the /64 network of an IPv6 address, which usually belongs to one customer. */
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
