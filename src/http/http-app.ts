import compress from '@fastify/compress'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fastify } from 'fastify'
import type { Clock } from '../model/clock.ts'
import type { HealthCheck } from '../model/health.ts'
import type { Logger } from '../model/logger.ts'
import type { PipelineReader } from '../model/pipeline.ts'
import type { SnapshotReader } from '../model/snapshot.ts'
import { createErrorHandler, handleClientError, handleNotFound } from './error-handler.ts'
import { addInstrumentsRoute } from './instruments-route.ts'
import type { HttpMetrics } from './metrics.ts'
import { addPipelineRoute } from './pipeline-route.ts'
import { addOpsRoutes } from './ops-routes.ts'
import { Readiness } from './readiness.ts'
import { refuseOtherMethods } from './refuse-methods.ts'
import { addOpenApiRoute, registerOpenApi } from './openapi/openapi-routes.ts'
import { RequestCounter } from './request-counter.ts'
import { addSnapshotsRoutes } from './snapshots-routes.ts'
import { StreamHub } from './stream/stream-hub.ts'
import { addStreamRoute } from './stream/stream-route.ts'
import type { TypedApp } from './typed-app.ts'
import { addWrongRoleRoutes } from './wrong-role-routes.ts'

const MAX_BODY_BYTES = 16_384
/** Below it an answer fits one packet, and packing it gains nothing. */
const MIN_COMPRESSED_BYTES = 1400
const MAX_HEADER_BYTES = 16_384
/** A client that takes longer to send its request is cut off. */
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_TIMEOUT_MS = 72_000
/** Connections above this are refused by the server socket. */
const MAX_CONNECTIONS = 1000

/** On every answer: numbers of the moment are never cached, and never guessed to be a page. */
const COMMON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

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
export function buildHttpApp(deps: HttpAppDeps): HttpApp {
  const app: TypedApp = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Requests still open at the end would hold `close` for ever.
    forceCloseConnections: true,
    clientErrorHandler: handleClientError,
    // A URL that cannot be routed gets here without any hook.
    frameworkErrors(error, request, reply) {
      void reply.headers(COMMON_HEADERS)
      handleError(error, request, reply)
      requests.count(request, reply)
    },
    http: { maxHeaderSize: MAX_HEADER_BYTES },
  }).withTypeProvider<TypeBoxTypeProvider>()
  const requests = new RequestCounter(deps.metrics)
  const handleError = createErrorHandler(deps.logger)
  app.server.maxConnections = MAX_CONNECTIONS
  app.setErrorHandler(handleError)
  app.setNotFoundHandler(handleNotFound)
  observeRequests(app, requests)

  registerOpenApi(app, deps.version)
  void app.register(compress, { encodings: ['gzip'], threshold: MIN_COMPRESSED_BYTES })
  const readiness = new Readiness(deps.checks)
  // Only routes that come after a plugin has loaded are seen by it.
  app.after(() => {
    const refusal = refuseOtherMethods(app)
    addOpsRoutes(app, { readiness, isAlive: () => deps.isAlive(), render: (a) => deps.render(a) })
    if (deps.snapshots === null) addWrongRoleRoutes(app)
    else {
      addInstrumentsRoute(app, deps.snapshots)
      addSnapshotsRoutes(app, deps.snapshots)
      const hub = new StreamHub({
        ...deps,
        snapshots: deps.snapshots,
        metrics: deps.metrics.streams,
      })
      addStreamRoute(app, { hub, snapshots: deps.snapshots, requests })
      // Before the server waits for its connections to end.
      app.addHook('preClose', (done) => {
        hub.stop()
        done()
      })
    }
    addPipelineRoute(app, deps.pipeline)
    addOpenApiRoute(app)
    refusal.complete()
  })
  return { app, setStopping: () => readiness.setStopping() }
}

function observeRequests(app: TypedApp, requests: RequestCounter): void {
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(COMMON_HEADERS)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    requests.count(request, reply)
    done()
  })
}
