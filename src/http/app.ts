import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import compress from '@fastify/compress'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fastify } from 'fastify'
import type { FaultSwitches } from '../model/faults.ts'
import type { HealthCheck, PipelineReader } from '../model/pipeline.ts'
import type { SnapshotReader } from '../model/snapshot.ts'
import type { Logger } from '../model/telemetry.ts'
import type { Clock } from '../time/clock.ts'
import { ClientErrors, createErrorHandler, handleNotFound } from './errors/error-handler.ts'
import type { HttpMetrics } from './metrics.ts'
import { requireToken } from './plugins/auth.ts'
import { checkQueries, describeInvalid } from './plugins/check-query.ts'
import { refuseOtherMethods } from './plugins/method-not-allowed.ts'
import { addDocsRoutes, addOpenApiRoute, registerOpenApi } from './plugins/openapi.ts'
import { limitRate, REQUESTS_PER_SECOND } from './plugins/rate-limit.ts'
import {
  beginRequests,
  createRequestIds,
  greet,
  MAX_URL_LENGTH,
  RequestCounter,
} from './plugins/request-lifecycle.ts'
import { addFaultsRoute } from './routes/faults.ts'
import { addInstrumentsRoute } from './routes/instruments.ts'
import { addOpsRoutes, Readiness } from './routes/ops.ts'
import { addPipelineRoute } from './routes/pipeline.ts'
import { addSnapshotsRoutes } from './routes/snapshots.ts'
import { addStreamRoute } from './routes/stream.ts'
import { addWrongRoleRoutes } from './routes/unavailable.ts'
import { addPageRoutes, type LivePage } from './routes/web-ui.ts'
import { Broadcaster } from './stream/broadcaster.ts'
import type { TypedApp } from './typed-app.ts'

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

/** Request line and headers together. */
const MAX_HEADER_BYTES = 16_384
/** A client that takes longer to send its request, or to agree on TLS, is cut off. */
const ARRIVE_WITHIN_MS = 10_000
/** How often requests that take too long are looked for, at least. */
const CONNECTIONS_CHECK_MS = 1_000
const KEEP_ALIVE_TIMEOUT_MS = 72_000
/** Connections above this are refused by the server socket. */
const MAX_CONNECTIONS = 1000

function limitsOf(arriveWithinMs: number): ServerOptions {
  return {
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: arriveWithinMs,
    headersTimeout: arriveWithinMs,
    connectionsCheckingInterval: Math.min(CONNECTIONS_CHECK_MS, arriveWithinMs),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Ours to refuse: node's own answer has no body.
    requireHostHeader: false,
  }
}

/** Certificate and key of a server, as PEM text. */
interface ServerTls {
  readonly cert: string
  readonly key: string
}

/**
 * The server under the application, with the limits of one connection; null: without TLS.
 * @param arriveWithinMs how long a request may take to arrive; default 10 s
 */
function createNodeServer(
  tls: ServerTls | null,
  listener: RequestListener,
  arriveWithinMs = ARRIVE_WITHIN_MS,
): Server {
  const limits = limitsOf(arriveWithinMs)
  const server =
    tls === null
      ? createServer(limits, listener)
      : createTlsServer(
          { ...limits, handshakeTimeout: arriveWithinMs, cert: tls.cert, key: tls.key },
          listener,
        )
  // What a client expects beside `100-continue` is its own affair: node would refuse it without a body.
  server.on('checkExpectation', listener)
  server.maxConnections = MAX_CONNECTIONS
  return server
}
