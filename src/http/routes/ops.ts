import { Type } from 'typebox'
import { messageOf } from '../../errors.ts'
import type { HealthCheck } from '../../model/pipeline.ts'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'
import { nullable } from '../schemas/snapshot.ts'
import type { TypedApp } from '../typed-app.ts'

export interface OpsRoutesDeps {
  readiness: Readiness
  /** Whether the process can still do its job. */
  isAlive(): boolean
  /** Makes a page of metrics for an `Accept` header. */
  render(accept: string | undefined): Promise<{ contentType: string; body: Buffer }>
}

const LiveSchema = Type.Object({ status: Type.Literal('alive') }, { title: 'Alive' })

const ReadySchema = Type.Object(
  {
    status: Type.Literal('ready'),
    checks: Type.Record(
      Type.String(),
      Type.Object(
        {
          status: Type.Union([Type.Literal('pass'), Type.Literal('fail')]),
          detail: nullable('string'),
        },
        { title: 'Check' },
      ),
    ),
  },
  { title: 'Ready' },
)

const ExpositionSchema = Type.Unsafe<Buffer>({ type: 'string' })

const METRICS_ROUTE = {
  description: 'All metrics of the process.',
  content: {
    'text/plain': { schema: ExpositionSchema },
    'application/openmetrics-text': { schema: ExpositionSchema },
  },
}

/** What operators and their machines ask: alive, ready, metrics. */
export function addOpsRoutes(app: TypedApp, deps: OpsRoutesDeps): void {
  app.get(
    '/livez',
    {
      config: { isPublic: true, ignoresQuery: true },
      schema: {
        operationId: 'getLiveness',
        summary: 'Whether the process can do its job',
        description:
          'To restart it by. The exchange and the broker do not count. Query parameters are ignored.',
        tags: ['operation'],
        security: [],
        response: { 200: LiveSchema, ...PROBLEM_RESPONSES },
      },
    },
    () => {
      if (deps.isAlive()) return { status: 'alive' as const }
      throw new ProblemError(PROBLEM_KINDS.notAlive, 'a part that the process needs has ended')
    },
  )

  app.get(
    '/readyz',
    {
      config: { isPublic: true, ignoresQuery: true },
      schema: {
        operationId: 'getReadiness',
        summary: 'Whether what it says can be used',
        description:
          'A problem with status 503 has the failing checks in `checks`. Query parameters are ignored.',
        tags: ['operation'],
        security: [],
        response: { 200: ReadySchema, ...PROBLEM_RESPONSES },
      },
    },
    () => {
      const { isReady, checks } = deps.readiness.read()
      if (isReady) return { status: 'ready' as const, checks: { ...checks } }
      const failing = Object.entries(checks).filter(([, { status }]) => status === 'fail')
      const names = failing.map(([name]) => name).join(', ')
      throw new ProblemError(PROBLEM_KINDS.notReady, `failing: ${names}`, {
        checks: Object.fromEntries(failing),
      })
    },
  )

  app.get(
    '/metrics',
    {
      config: { ignoresQuery: true },
      schema: {
        operationId: 'getMetrics',
        summary: 'Metrics for Prometheus',
        description:
          'The text format 0.0.4, or OpenMetrics 1.0.0 where `Accept` asks for it. Query parameters are ignored.',
        tags: ['operation'],
        response: { 200: METRICS_ROUTE, ...PROBLEM_RESPONSES },
      },
    },
    async (request, reply) => {
      const { contentType, body } = await deps.render(request.headers.accept)
      return reply.type(contentType).send(body)
    },
  )
}

export interface CheckAnswer {
  readonly status: 'pass' | 'fail'
  readonly detail: string | null
}

export interface ReadinessReading {
  readonly isReady: boolean
  readonly checks: Readonly<Record<string, CheckAnswer>>
}

/** Whether this process should get work: all checks pass, and it is not stopping. */
export class Readiness {
  readonly #checks: readonly HealthCheck[]
  #isStopping = false

  constructor(checks: readonly HealthCheck[]) {
    this.#checks = checks
  }

  /** From now on not ready, for good. */
  setStopping(): void {
    this.#isStopping = true
  }

  read(): ReadinessReading {
    const answers: [string, CheckAnswer][] = this.#checks.map((check) => [check.name, run(check)])
    if (this.#isStopping) answers.push(['shutdown', { status: 'fail', detail: 'stopping' }])
    const isReady = answers.every(([, { status }]) => status === 'pass')
    return { isReady, checks: Object.fromEntries(answers) }
  }
}

function run(check: HealthCheck): CheckAnswer {
  try {
    const { isPassing, detail } = check.check()
    return { status: isPassing ? 'pass' : 'fail', detail }
  } catch (error) {
    // A check that breaks must not look like a broken HTTP server.
    return { status: 'fail', detail: messageOf(error) }
  }
}
