import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../model/logger.ts'
import {
  PROBLEM_KINDS,
  PROBLEM_MEDIA_TYPE,
  ProblemError,
  problemBody,
  type ProblemKind,
} from './problem.ts'

/** Turns whatever was thrown into a problem. What went wrong inside is logged, never sent. */
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
  throw new ProblemError(PROBLEM_KINDS.routeNotFound, `nothing answers ${request.method} here`)
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
    return { kind: PROBLEM_KINDS.internal, detail: 'see the log', members: {}, headers: {} }
  }
  // Errors below 500 are Fastify's words about the request: nothing of ours is in them.
  const detail = (thrown as FastifyError).message
  if (status === 400) return { kind: PROBLEM_KINDS.badRequest, detail, members: {}, headers: {} }
  const title = STATUS_CODES[status] ?? PROBLEM_KINDS.requestRefused.title
  const kind = { ...PROBLEM_KINDS.requestRefused, status, title }
  return { kind, detail, members: {}, headers: {} }
}

/** The status of an error that is the client's fault; null for every other one. */
function statusOf(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('statusCode' in thrown)) return null
  const { statusCode } = thrown
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : null
}
