import process from 'node:process'
import { type Config, configHash } from '../config/config.ts'
import type { AppError } from '../errors.ts'
import { createHttpMetrics } from '../http/metrics.ts'
import { readLivePage } from '../http/routes/web-ui.ts'
import { createHttpServer } from '../http/server.ts'
import type { FaultSwitches } from '../model/faults.ts'
import type { HealthCheck, PipelineReader } from '../model/pipeline.ts'
import type { SnapshotReader } from '../model/snapshot.ts'
import type { Logger } from '../model/telemetry.ts'
import { instrumentsOverLimit, overloaded } from '../observability/catalogue/catalogue.ts'
import { limitRepeats } from '../observability/logger.ts'
import { MetricRegistry } from '../observability/metrics/registry.ts'
import { MetricsRenderer } from '../observability/metrics/renderer.ts'
import { exposeProcessInfo, startNodeMetrics } from '../observability/metrics/runtime-metrics.ts'
import { ActiveSpan } from '../observability/tracing/span.ts'
import type { Clock } from '../time/clock.ts'
import { settledWithin } from '../time/deadline.ts'
import { EventLoopLoad } from '../time/event-loop-load.ts'
import type { BeforeBatch } from '../topic/consumer/start-position.ts'
import { createTopicCheck } from './readiness.ts'
import { type ConsumerRole, createConsumerRole } from './consumer.ts'
import { createPipeline } from './pipeline-status.ts'
import { createProducerRole, type ProducerRole } from './producer.ts'
import { createTopics } from './topics.ts'
import { createTracing } from './tracing.ts'

export interface AppDeps {
  clock: Clock
  /** Creates a logger for a component. */
  loggerOf: (component: string) => Logger
  version: string
  /** Random numbers in [0, 1), for jitter of connection attempts. Default: Math.random. */
  random?: () => number
  /** The active span that the logger reads. Default: one that is not shared with the logger. */
  activeSpan?: ActiveSpan
  /** Share of time that the event loop is busy, 0 to 1. Default: measured. */
  load?: () => number
  /** Hook before each consumed batch, to pause consumption. Default: none. */
  beforeBatch?: BeforeBatch
  /** Fault switches of the simulated exchange, for the page. Default: none. */
  faults?: FaultSwitches
  /** Called after an unrecoverable error: the process must end. */
  onFatal: (error: AppError) => void
}

/** The service in one process, according to its role. */
export interface App {
  readonly pipeline: PipelineReader
  /** null with ROLE=producer. */
  readonly snapshots: SnapshotReader | null
  /**
   * Starts everything and resolves with the URL of the HTTP server. Does not wait for the exchange or the
   * broker. If `stop` is called meanwhile, the remaining parts are not started.
   * @throws AppError `ERR_HTTP_PORT_IN_USE`, `ERR_TOPIC_MISSING`, `ERR_TOPIC_UNFIT`
   */
  start(): Promise<string>
  /**
   * Stops everything within `timeoutMs`, in the direction of the data flow. Resolves with the number of
   * undelivered frames. Idempotent.
   */
  stop(timeoutMs: number): Promise<number>
}

/** Creates and connects the parts of the role. Nothing runs before `start`. */
export function createApp(config: Config, deps: AppDeps): App {
  const { settings } = config
  const { clock } = deps
  const loggerOf = (component: string) => limitRepeats(deps.loggerOf(component), clock)
  let isAlive = true
  const onFatal = (error: AppError) => {
    isAlive = false
    deps.onFatal(error)
  }

  const registry = new MetricRegistry({ role: settings.ROLE, clock })
  exposeProcessInfo(registry, {
    version: deps.version,
    node: process.version,
    configHash: configHash(config),
  })
  const { load = new EventLoopLoad(clock).read } = deps
  const topics = createTopics(config, { clock, logger: loggerOf('topic'), load, onFatal })
  const { random = Math.random, beforeBatch = null, activeSpan = new ActiveSpan() } = deps
  const traces = createTracing(config, {
    registry,
    clock,
    logger: loggerOf('tracing'),
    random,
    activeSpan,
    version: deps.version,
  })
  const { tracing } = traces
  const context = { config, clock, loggerOf, registry, topics, random, beforeBatch, tracing }
  const producing =
    settings.ROLE === 'consumer'
      ? null
      : createProducerRole(context, () => consuming?.readingLoad.delayMs() ?? null)
  const consuming: ConsumerRole | null =
    settings.ROLE === 'producer'
      ? null
      : createConsumerRole(context, {
          amountUnitOf: (instrument) => producing?.feed.amountUnitOf(instrument) ?? null,
          isWanted: (instrument) => producing?.feed.isWanted(instrument) ?? false,
        })
  registry.gauge(instrumentsOverLimit, () => [
    {
      labels: {},
      value: Math.max(producing?.feed.overLimitCount ?? 0, consuming?.overLimitCount() ?? 0),
    },
  ])
  registry.gauge(overloaded, () => [
    ...(producing === null ? [] : [overloadOf('producer', producing.producer)]),
    ...(consuming === null ? [] : [overloadOf('consumer', consuming.readingLoad)]),
  ])
  const snapshots = consuming?.snapshots ?? null
  const pipeline = createPipeline({ role: settings.ROLE, registry, clock, producing, consuming })
  const renderer = new MetricsRenderer({ registry, clock, writeNodeMetrics: startNodeMetrics() })
  const http = createHttpServer(
    {
      host: settings.HTTP_HOST,
      port: settings.HTTP_PORT,
      token: settings.HTTP_AUTH_TOKEN ?? null,
      tls: config.httpTls,
    },
    {
      version: deps.version,
      clock,
      logger: loggerOf('http'),
      metrics: createHttpMetrics(registry),
      async render(accept) {
        await pipeline.refresh()
        return renderer.render(accept)
      },
      snapshots,
      pipeline,
      page: readLivePage(),
      faults: deps.faults ?? null,
      checks: checksOf(producing, consuming),
      isAlive: () => isAlive,
    },
  )

  /** Ends readiness, then stops the parts in the direction of the data flow within the remaining time. */
  const stopAll = async (timeoutMs: number): Promise<number> => {
    const endMs = clock.monotonicMs() + timeoutMs
    const leftMs = () => Math.max(0, endMs - clock.monotonicMs())
    http.setStopping()
    pipeline.stop()
    producing?.stopFeed()
    // Waits for the parts that are starting; `startAll` starts no others.
    if (starting !== undefined) await settledWithin(clock, leftMs() / 2, starting)
    const framesLeft = (await producing?.producer.flush(leftMs() / 2)) ?? 0
    await producing?.producer.stop(leftMs() / 2)
    await consuming?.numbers?.stop(leftMs() / 4)
    await consuming?.consumer.stop(leftMs() / 2)
    await topics.close(leftMs() / 2)
    await http.stop(leftMs())
    await traces.stop(leftMs())
    return framesLeft
  }
  const startAll = async (): Promise<string> => {
    // First, because a port in use must fail the start, and probes must be answered from the beginning.
    const { address, port } = await http.start()
    const isWanted = () => stopped === undefined
    if (isWanted()) {
      pipeline.start()
      await traces.start()
    }
    if (isWanted()) await Promise.all([consuming?.start(), producing?.start()])
    const scheme = config.httpTls === null ? 'http' : 'https'
    return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`
  }
  let starting: Promise<string> | undefined
  let stopped: Promise<number> | undefined
  return {
    pipeline,
    snapshots,
    start() {
      starting ??= startAll()
      return starting
    },
    stop(timeoutMs) {
      stopped ??= stopAll(timeoutMs)
      return stopped
    },
  }
}

function overloadOf(
  role: 'producer' | 'consumer',
  { isOverloaded }: { readonly isOverloaded: boolean },
) {
  return { labels: { role }, value: isOverloaded ? 1 : 0 }
}

function checksOf(producing: ProducerRole | null, consuming: ConsumerRole | null): HealthCheck[] {
  const numbers = consuming?.numbers ?? null
  const topic = createTopicCheck({
    ...(producing === null ? {} : { producer: producing.producer }),
    ...(consuming === null ? {} : { consumer: consuming.consumer }),
    ...(numbers === null ? {} : { numbers: numbers.producer }),
  })
  return [
    ...(producing === null ? [] : [producing.feedCheck]),
    topic,
    ...(consuming === null ? [] : [consuming.consumerCheck, consuming.booksCheck]),
  ]
}
