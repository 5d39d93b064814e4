import process from 'node:process'
import type { Writable } from 'node:stream'
import closeWithGrace from 'close-with-grace'
import { type App, createApp } from './app/app.ts'
import { type Config, describeConfig } from './config/config.ts'
import type { FaultSwitches } from './model/faults.ts'
import { componentLogger, createLogger, type LoggerOptions } from './observability/logger.ts'
import { ActiveSpan } from './observability/tracing/span.ts'
import { startLoopWatchdog } from './observability/watchdog.ts'
import { exitCodeOf, onStopSignal, readVersion } from './runtime.ts'
import { systemClock } from './time/clock.ts'

export interface ServiceOptions {
  /** Whether log lines are formatted for people. */
  isPretty: boolean
  /** Destination of the log; default: stdout. */
  output?: Writable
  /** Called with the URL of the HTTP server once everything has started. */
  onStarted?: (url: string, app: App) => void
  /** Stops other parts of the process, after the service. */
  afterStop?: () => Promise<void>
  /** Fault switches of a simulated exchange. */
  faults?: FaultSwitches
}

/**
 * Runs the service until the process ends. The first signal stops it cleanly within SHUTDOWN_TIMEOUT_MS
 * (exit code 0, or 1 with undelivered frames); a second one ends the process at once. An uncaught error
 * ends the process with exit code 1: the next process rebuilds the state from the topic.
 * Rejects if the service cannot start; all its parts are stopped then.
 */
export async function runService(config: Config, options: ServiceOptions): Promise<void> {
  const { SHUTDOWN_TIMEOUT_MS: stopMs, LOG_LEVEL: level } = config.settings
  const activeSpan = new ActiveSpan()
  const logger = createLogger({
    level,
    isPretty: options.isPretty,
    ...(options.output === undefined ? {} : { stream: options.output }),
    spanFields: activeSpan.fields,
  } satisfies LoggerOptions)
  const loggerOf = (component: string) => componentLogger(logger, component)
  const log = loggerOf('service')
  // Before anything else, because until then a signal has its default effect.
  onStopSignal((signal) => {
    log.info({ signal }, 'stopping')
    void grace.close()
  })
  log.info({ settings: describeConfig(config) }, 'starting')
  for (const warning of config.warnings) log.warn({ warning }, 'configuration warning')
  if (config.settings.KAFKA_BROKERS === undefined) {
    log.info({}, 'KAFKA_BROKERS is unset, using in-process topics')
  }

  const endWatch = startLoopWatchdog()
  let fatalCode: number | null = null
  let isEnding = false
  const app = createApp(config, {
    clock: systemClock,
    loggerOf,
    version: readVersion(),
    activeSpan,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    onFatal(error) {
      fatalCode = exitCodeOf(error)
      log.fatal({ err: error }, 'fatal error, stopping')
      void grace.close()
    },
  })
  const grace = closeWithGrace(
    {
      delay: stopMs,
      logger: false,
      skip: ['SIGINT', 'SIGTERM'],
      onTimeout: () => log.fatal({ stopMs }, 'shutdown timed out'),
    },
    async ({ err }) => {
      isEnding = true
      if (err !== undefined) log.fatal({ err }, 'uncaught error')
      const framesLeft = await app.stop(stopMs)
      await options.afterStop?.()
      await endWatch()
      if (framesLeft > 0) log.error({ framesLeft }, 'stopped with undelivered frames')
      else log.info({}, 'stopped')
      if (fatalCode !== null) process.exit(fatalCode)
      if (framesLeft > 0) process.exit(1)
    },
  )
  try {
    const url = await app.start()
    if (isEnding) return
    log.info({ url }, 'started')
    options.onStarted?.(url, app)
  } catch (error) {
    // The shutdown in progress ends the process.
    if (isEnding) return
    grace.uninstall()
    await app.stop(stopMs)
    await options.afterStop?.()
    await endWatch()
    throw error
  }
}
