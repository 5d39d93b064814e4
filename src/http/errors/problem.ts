import { Type } from 'typebox'

export interface ProblemKind {
  /** Relative URI reference. Clients branch on it. */
  readonly type: string
  readonly status: number
  readonly title: string
}

/** Every kind of problem (RFC 9457) that the API returns. */
export const PROBLEM_KINDS = {
  badRequest: { type: '/problems/bad-request', status: 400, title: 'Bad request' },
  unauthorized: { type: '/problems/unauthorized', status: 401, title: 'Token required' },
  routeNotFound: { type: '/problems/route-not-found', status: 404, title: 'Route not found' },
  wrongRole: {
    type: '/problems/wrong-role',
    status: 404,
    title: 'Role has no order books',
  },
  unknownInstrument: {
    type: '/problems/unknown-instrument',
    status: 404,
    title: 'Unknown instrument',
  },
  notOwned: {
    type: '/problems/not-owned',
    status: 404,
    title: 'Instrument belongs to another process',
  },
  signalsOff: { type: '/problems/signals-off', status: 404, title: 'Signals are off' },
  methodNotAllowed: {
    type: '/problems/method-not-allowed',
    status: 405,
    title: 'Method not allowed',
  },
  urlTooLong: { type: '/problems/url-too-long', status: 414, title: 'URL too long' },
  tooManyRequests: {
    type: '/problems/too-many-requests',
    status: 429,
    title: 'Too many requests',
  },
  requestRefused: { type: '/problems/request-refused', status: 400, title: 'Request refused' },
  internal: { type: '/problems/internal', status: 500, title: 'Internal error' },
  pageNotBuilt: { type: '/problems/page-not-built', status: 503, title: 'Page not built' },
  notAlive: { type: '/problems/not-alive', status: 503, title: 'Not alive' },
  notReady: { type: '/problems/not-ready', status: 503, title: 'Not ready' },
  tooManyStreams: { type: '/problems/too-many-streams', status: 503, title: 'Too many streams' },
  notLive: { type: '/problems/not-live', status: 503, title: 'Order book not live' },
} as const satisfies Readonly<Record<string, ProblemKind>>

/** An error response. Route handlers throw it, the error handler sends it. */
export class ProblemError extends Error {
  readonly kind: ProblemKind
  /** Extension members, in addition to those of RFC 9457. */
  readonly members: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    kind: ProblemKind,
    detail: string,
    members: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail)
    this.name = 'ProblemError'
    this.kind = kind
    this.members = members
    this.headers = headers
  }
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

const ProblemSchema = Type.Object(
  {
    type: Type.String({
      description: 'kind of the problem; compare it as text, the URI cannot be resolved',
    }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'what is wrong with this request' }),
    instance: Type.String({ description: 'path of the request as received by the service' }),
  },
  {
    title: 'Problem',
    description: 'RFC 9457 problem; further members depend on the type',
    additionalProperties: true,
  },
)

export type Problem = Readonly<Record<string, unknown>>

/** Creates the body of a problem. `instance` is the path of the request without its query. */
export function problemBody(
  kind: ProblemKind,
  detail: string,
  url: string,
  members: Readonly<Record<string, unknown>> = {},
): Problem {
  const instance = url.split('?', 1)[0] ?? ''
  return { ...members, ...kind, detail, instance }
}

const problemResponse = (description: string) => ({
  description,
  content: { [PROBLEM_MEDIA_TYPE]: { schema: ProblemSchema } },
})

/** Error responses, for the `response` of every route. */
export const PROBLEM_RESPONSES = {
  '4xx': problemResponse('The request is invalid, unauthorized or refused.'),
  '5xx': problemResponse('The service cannot answer at present.'),
}
