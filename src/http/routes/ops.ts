import { Type } from 'typebox'
import { messageOf } from '../../errors.ts'
import type { HealthCheck } from '../../model/pipeline.ts'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'
import { nullable } from '../schemas/schema-types.ts'
import type { TypedApp } from '../typed-app.ts'

export interface OpsRoutesDeps {
  readiness: Readiness
  /** Result of the liveness probe: false after an unrecoverable error. */
  isAlive(): boolean
  /** Renders the metrics in the format that an `Accept` header selects. */
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
  description: 'Metrics of the process in the Prometheus exposition format.',
  content: {
    'text/plain': { schema: ExpositionSchema },
    'application/openmetrics-text': { schema: ExpositionSchema },
  },
}

/** Adds liveness and readiness probes and the metrics. */
export function addOpsRoutes(app: TypedApp, deps: OpsRoutesDeps): void {
  app.get(
    '/livez',
    {
      config: { isPublic: true, ignoresQuery: true },
      schema: {
        operationId: 'getLiveness',
        summary: 'Liveness probe',
        description:
          'Restart the process when this fails. Does not depend on the exchange or the broker. Query parameters are ignored.',
        tags: ['operation'],
        security: [],
        response: { 200: LiveSchema, ...PROBLEM_RESPONSES },
      },
    },
    () => {
      if (deps.isAlive()) return { status: 'alive' as const }
      throw new ProblemError(PROBLEM_KINDS.notAlive, 'unrecoverable error; restart the process')
    },
  )

  app.get(
    '/readyz',
    {
      config: { isPublic: true, ignoresQuery: true },
      schema: {
        operationId: 'getReadiness',
        summary: 'Readiness probe',
        description:
          'Send no traffic while this fails. With status 503 the problem lists the failing checks in `checks`. Query parameters are ignored.',
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
        summary: 'Get the metrics',
        description:
          'Prometheus text format 0.0.4, or OpenMetrics 1.0.0 if `Accept` requests it. Query parameters are ignored.',
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

/** Readiness of the process: all checks pass and it is not stopping. */
export class Readiness {
  readonly #checks: readonly HealthCheck[]
  #isStopping = false

  constructor(checks: readonly HealthCheck[]) {
    this.#checks = checks
  }

  /** Makes the process not ready permanently. */
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
    // A check that throws counts as failed; it must not cause an internal error.
    return { status: 'fail', detail: messageOf(error) }
  }
}
