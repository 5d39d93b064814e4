import rateLimit from '@fastify/rate-limit'
import { PROBLEM_KINDS, ProblemError } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

/** Requests per second of one address. Limits the share of the event loop that one client can use. */
export const REQUESTS_PER_SECOND = 5000
const WINDOW_MS = 1000
/** Addresses that are counted; an IPv6 /64 network counts as one. */
const MAX_ADDRESSES = 5000

/** Limits the request rate per address for the routes that are added to `app` afterwards. */
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
        `more than ${requestsPerSecond} requests per second from this address`,
      ),
  })
}
