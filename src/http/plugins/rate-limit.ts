import rateLimit from '@fastify/rate-limit'
import { PROBLEM_KINDS, ProblemError } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

/** Requests of one address in a second: what one client may take of the event loop. */
export const REQUESTS_PER_SECOND = 5000
const WINDOW_MS = 1000
/** Addresses that are remembered; those of an IPv6 network of 64 bits are one. */
const MAX_ADDRESSES = 5000

/** Limits how often one address may ask the routes that `app` gets after this has loaded. */
export async function limitRate(app: TypedApp, requestsPerSecond: number): Promise<void> {
  await app.register(rateLimit, {
    max: requestsPerSecond,
    timeWindow: WINDOW_MS,
    cache: MAX_ADDRESSES,
    addHeaders: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
      'retry-after': true,
    },
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
    errorResponseBuilder: () =>
      new ProblemError(
        PROBLEM_KINDS.tooManyRequests,
        `more than ${requestsPerSecond} requests in a second from this address`,
      ),
  })
}
