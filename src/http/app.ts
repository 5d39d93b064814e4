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
  addRequestHooks,
  createRequestIds,
  setCommonHeaders,
  MAX_URL_LENGTH,
  RequestCounter,
} from './plugins/request-lifecycle.ts'
import { addFaultsRoute } from './routes/faults.ts'
import { addInstrumentsRoute } from './routes/instruments.ts'
import { addOpsRoutes, Readiness } from './routes/ops.ts'
import { addPipelineRoute } from './routes/pipeline.ts'
import { addSignalsRoute } from './routes/signals.ts'
import { addSnapshotsRoutes } from './routes/snapshots.ts'
import { addStreamRoute } from './routes/stream.ts'
import { addWrongRoleRoutes } from './routes/unavailable.ts'
import { addPageRoutes, type LivePage } from './routes/web-ui.ts'
import { Broadcaster } from './stream/broadcaster.ts'
import type { TypedApp } from './typed-app.ts'

const MAX_BODY_BYTES = 16_384
/** Smaller responses fit one packet, so compression gains nothing. */
const MIN_COMPRESSED_BYTES = 1400

export interface HttpAppOptions {
  /** Bearer token that clients must send; null: none. */
  token: string | null
  tls: ServerTls | null
  /** Rate limit of the API per client address. Default: 5000. */
  requestsPerSecond?: number
  /** Time limit for receiving a request, ms. Default: 10,000. */
  arriveWithinMs?: number
}

export interface HttpAppDeps {
  /** Version of the service. */
  version: string
  clock: Clock
  logger: Logger
  metrics: HttpMetrics
  /** Renders the metrics in the format that an `Accept` header selects. */
  render(accept: string | undefined): Promise<{ contentType: string; body: Buffer }>
  /** null with ROLE=producer. */
  snapshots: SnapshotReader | null
  pipeline: PipelineReader
  page: LivePage
  /** Fault switches; null unless the exchange is simulated. */
  faults: FaultSwitches | null
  checks: readonly HealthCheck[]
  /** Result of /livez: false after an unrecoverable error. */
  isAlive(): boolean
}

export interface HttpApp {
  readonly app: TypedApp
  /** Makes /readyz answer 503 from now on. */
  readonly setStopping: () => void
}

/** Builds the HTTP application without listening. */
export function buildHttpApp(options: HttpAppOptions, deps: HttpAppDeps): HttpApp {
  const requests = new RequestCounter(deps.metrics)
  const handleError = createErrorHandler(deps.logger)
  const requestIds = createRequestIds()
  const clientErrors = new ClientErrors(deps.clock, () => requestIds({ headers: {} }))
  const app: TypedApp = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    genReqId: requestIds,
    // A parameter of any valid URL length is an unknown name, not a malformed request.
    routerOptions: { maxParamLength: MAX_URL_LENGTH },
    // Requests in progress would otherwise block `close` indefinitely.
    forceCloseConnections: true,
    serverFactory: (listener) => createNodeServer(options.tls, listener, options.arriveWithinMs),
    clientErrorHandler: clientErrors.handle,
    // No hook runs for a URL that cannot be routed.
    frameworkErrors(error, request, reply) {
      setCommonHeaders(request, reply)
      handleError(error, request, reply)
      requests.count(request, reply)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setSchemaErrorFormatter(describeInvalid)
  app.setErrorHandler(handleError)
  app.setNotFoundHandler(handleNotFound)
  clientErrors.watch(app)
  addRequestHooks(app, requests)
  checkQueries(app)
  if (options.token !== null) requireToken(app, options.token, deps.clock)

  registerOpenApi(app, deps.version)
  void app.register(compress, { encodings: ['gzip'], threshold: MIN_COMPRESSED_BYTES })
  const readiness = new Readiness(deps.checks)
  // A plugin sees only the routes that are added after it has loaded.
  app.after(() => {
    const refusal = refuseOtherMethods(app)
    addOpsRoutes(app, { readiness, isAlive: () => deps.isAlive(), render: (a) => deps.render(a) })
    addOpenApiRoute(app)
    void app.register(addDocsRoutes)
    addPageRoutes(app, deps.page)
    if (deps.page.problem !== null) {
      deps.logger.warn(
        { reason: deps.page.problem },
        'live page is not available, GET / answers 503',
      )
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
    addSignalsRoute(app, snapshots)
    const broadcaster = new Broadcaster({
      snapshots,
      clock: deps.clock,
      metrics: deps.metrics.streams,
    })
    addStreamRoute(app, { broadcaster, snapshots, requests })
    // Before the server waits for its connections to close.
    app.addHook('preClose', (done) => {
      broadcaster.stop()
      done()
    })
  }
  addPipelineRoute(app, pipeline)
}

/** Limit of request line and headers together. */
const MAX_HEADER_BYTES = 16_384
/** Time limit for receiving a request and for the TLS handshake. */
const ARRIVE_WITHIN_MS = 10_000
/** Maximum interval between checks for requests over the time limit. */
const CONNECTIONS_CHECK_MS = 1_000
const KEEP_ALIVE_TIMEOUT_MS = 72_000
/** The server socket refuses connections over this limit. */
const MAX_CONNECTIONS = 1000

function limitsOf(arriveWithinMs: number): ServerOptions {
  return {
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: arriveWithinMs,
    headersTimeout: arriveWithinMs,
    connectionsCheckingInterval: Math.min(CONNECTIONS_CHECK_MS, arriveWithinMs),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // The application refuses these requests itself: the response of Node has no body.
    requireHostHeader: false,
  }
}

/** Certificate and key of the server, as PEM text. */
interface ServerTls {
  readonly cert: string
  readonly key: string
}

/**
 * Creates the Node server with the limits of a connection.
 * @param tls null: plain HTTP
 * @param arriveWithinMs time limit for receiving a request; default 10 s
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
  // Ignores expectations other than `100-continue`: Node would refuse them without a body.
  server.on('checkExpectation', listener)
  server.maxConnections = MAX_CONNECTIONS
  return server
}
