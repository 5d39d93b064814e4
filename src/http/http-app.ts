import compress from '@fastify/compress'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fastify } from 'fastify'
import type { Clock } from '../model/clock.ts'
import type { FaultSwitches } from '../model/fault-switches.ts'
import type { HealthCheck } from '../model/health.ts'
import type { Logger } from '../model/logger.ts'
import type { PipelineReader } from '../model/pipeline.ts'
import type { SnapshotReader } from '../model/snapshot.ts'
import { checkQueries, describeInvalid } from './check-query.ts'
import { ClientErrors } from './client-errors.ts'
import { createErrorHandler, handleNotFound } from './error-handler.ts'
import { addFaultsRoute } from './faults-route.ts'
import { addInstrumentsRoute } from './instruments-route.ts'
import { limitRate, REQUESTS_PER_SECOND } from './limit-rate.ts'
import type { HttpMetrics } from './metrics.ts'
import { createNodeServer, type ServerTls } from './node-server.ts'
import { addDocsRoutes } from './openapi/docs-routes.ts'
import { addOpenApiRoute, registerOpenApi } from './openapi/openapi-routes.ts'
import { addOpsRoutes } from './ops-routes.ts'
import type { LivePage } from './page/page-files.ts'
import { addPageRoutes } from './page/page-routes.ts'
import { addPipelineRoute } from './pipeline-route.ts'
import { Readiness } from './readiness.ts'
import { refuseOtherMethods } from './refuse-methods.ts'
import { RequestCounter } from './request-counter.ts'
import { createRequestIds } from './request-ids.ts'
import { beginRequests, greet, MAX_URL_LENGTH } from './requests.ts'
import { requireToken } from './require-token.ts'
import { addSnapshotsRoutes } from './snapshots-routes.ts'
import { Broadcaster } from './stream/stream-hub.ts'
import { addStreamRoute } from './stream/stream-route.ts'
import type { TypedApp } from './typed-app.ts'
import { addWrongRoleRoutes } from './wrong-role-routes.ts'

const MAX_BODY_BYTES = 16_384
/** Below it an answer fits one packet, and packing it gains nothing. */
const MIN_COMPRESSED_BYTES = 1400

export interface HttpAppOptions {
  /** What readers have to send; null: nothing. */
  token: string | null
  tls: ServerTls | null
  /** What one address may ask of the API; default 5000. */
  requestsPerSecond?: number
  /** How long a request may take to arrive, ms; default 10,000. */
  arriveWithinMs?: number
}

export interface HttpAppDeps {
  /** Of the service. */
  version: string
  clock: Clock
  logger: Logger
  metrics: HttpMetrics
  /** Makes a page of metrics for an `Accept` header. */
  render(accept: string | undefined): Promise<{ contentType: string; body: Buffer }>
  /** null in a process that has no books (role producer). */
  snapshots: SnapshotReader | null
  pipeline: PipelineReader
  page: LivePage
  /** null where the exchange is not a simulated one. */
  faults: FaultSwitches | null
  checks: readonly HealthCheck[]
  /** Whether the process can still do its job, for /livez. */
  isAlive(): boolean
}

export interface HttpApp {
  readonly app: TypedApp
  /** /readyz answers 503 from now on. */
  readonly setStopping: () => void
}

/** The application without its socket. */
export function buildHttpApp(options: HttpAppOptions, deps: HttpAppDeps): HttpApp {
  const requests = new RequestCounter(deps.metrics)
  const handleError = createErrorHandler(deps.logger)
  const requestIds = createRequestIds()
  const clientErrors = new ClientErrors(deps.clock, () => requestIds({ headers: {} }))
  const app: TypedApp = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    genReqId: requestIds,
    // Any length that an address may have is a name that we do not know, not an odd request.
    routerOptions: { maxParamLength: MAX_URL_LENGTH },
    // Requests still open at the end would hold `close` for ever.
    forceCloseConnections: true,
    serverFactory: (listener) => createNodeServer(options.tls, listener, options.arriveWithinMs),
    clientErrorHandler: clientErrors.handle,
    // A URL that cannot be routed gets here without any hook.
    frameworkErrors(error, request, reply) {
      greet(request, reply)
      handleError(error, request, reply)
      requests.count(request, reply)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setSchemaErrorFormatter(describeInvalid)
  app.setErrorHandler(handleError)
  app.setNotFoundHandler(handleNotFound)
  clientErrors.watch(app)
  beginRequests(app, requests)
  checkQueries(app)
  if (options.token !== null) requireToken(app, options.token, deps.clock)

  registerOpenApi(app, deps.version)
  void app.register(compress, { encodings: ['gzip'], threshold: MIN_COMPRESSED_BYTES })
  const readiness = new Readiness(deps.checks)
  // Only routes that come after a plugin has loaded are seen by it.
  app.after(() => {
    const refusal = refuseOtherMethods(app)
    addOpsRoutes(app, { readiness, isAlive: () => deps.isAlive(), render: (a) => deps.render(a) })
    addOpenApiRoute(app)
    void app.register(addDocsRoutes)
    addPageRoutes(app, deps.page)
    if (deps.page.problem !== null) {
      deps.logger.warn({ reason: deps.page.problem }, 'no live page: GET / answers 503')
    }
    if (deps.faults !== null) addFaultsRoute(app, deps.faults)
    void app.register(async (api: TypedApp) => {
      await limitRate(api, options.requestsPerSecond ?? REQUESTS_PER_SECOND)
      addApiRoutes(api, deps, requests)
    })
    app.after(() => refusal.complete())
  })
  return { app, setStopping: () => readiness.setStopping() }
}

function addApiRoutes(app: TypedApp, deps: HttpAppDeps, requests: RequestCounter): void {
  const { snapshots, pipeline } = deps
  if (snapshots === null) addWrongRoleRoutes(app)
  else {
    addInstrumentsRoute(app, snapshots)
    addSnapshotsRoutes(app, snapshots)
    const broadcaster = new Broadcaster({
      snapshots,
      clock: deps.clock,
      metrics: deps.metrics.streams,
    })
    addStreamRoute(app, { broadcaster, snapshots, requests })
    // Before the server waits for its connections to end.
    app.addHook('preClose', (done) => {
      broadcaster.stop()
      done()
    })
  }
  addPipelineRoute(app, pipeline)
}
