import { Type } from 'typebox'

export interface ProblemKind {
  /** Relative URI reference; what callers branch on. */
  readonly type: string
  readonly status: number
  readonly title: string
}

/** Every kind of problem that the API answers with, in the words of RFC 9457. */
export const PROBLEM_KINDS = {
  badRequest: { type: '/problems/bad-request', status: 400, title: 'Bad request' },
  unauthorized: { type: '/problems/unauthorized', status: 401, title: 'Token needed' },
  routeNotFound: { type: '/problems/route-not-found', status: 404, title: 'No such route' },
  wrongRole: {
    type: '/problems/wrong-role',
    status: 404,
    title: 'This process has no order books',
  },
  unknownInstrument: {
    type: '/problems/unknown-instrument',
    status: 404,
    title: 'Unknown instrument',
  },
  notOwned: {
    type: '/problems/not-owned',
    status: 404,
    title: 'Another process answers for this instrument',
  },
  methodNotAllowed: {
    type: '/problems/method-not-allowed',
    status: 405,
    title: 'Method not allowed',
  },
  urlTooLong: { type: '/problems/url-too-long', status: 414, title: 'Address too long' },
  tooManyRequests: {
    type: '/problems/too-many-requests',
    status: 429,
    title: 'Too many requests',
  },
  requestRefused: { type: '/problems/request-refused', status: 400, title: 'Request refused' },
  internal: { type: '/problems/internal', status: 500, title: 'Internal error' },
  pageNotBuilt: { type: '/problems/page-not-built', status: 503, title: 'The page is not built' },
  notAlive: { type: '/problems/not-alive', status: 503, title: 'Process cannot do its job' },
  notReady: { type: '/problems/not-ready', status: 503, title: 'Not ready' },
  tooManyStreams: { type: '/problems/too-many-streams', status: 503, title: 'Too many streams' },
  notLive: { type: '/problems/not-live', status: 503, title: 'Order book is not live' },
} as const satisfies Readonly<Record<string, ProblemKind>>

/** An answer that is a problem; thrown by route handlers, sent by the error handler. */
export class ProblemError extends Error {
  readonly kind: ProblemKind
  /** Members beside those of the standard. */
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
      description: 'kind of the problem; compare it as text, nothing answers at that address',
    }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'what happened, in words' }),
    instance: Type.String({ description: 'path of the request as the service received it' }),
  },
  {
    title: 'Problem',
    description: 'RFC 9457; the members beside these depend on the type',
    additionalProperties: true,
  },
)

export type Problem = Readonly<Record<string, unknown>>

/** The body of a problem; `instance` is the path of the request without its query. */
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

/** For the `response` of every route. */
export const PROBLEM_RESPONSES = {
  '4xx': problemResponse('The request cannot be answered as it is.'),
  '5xx': problemResponse('The service cannot answer now.'),
}
