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
  /** Log lines for a person. */
  isPretty: boolean
  /** Where log lines go; default: stdout. */
  output?: Writable
  /** Called with the address of the HTTP server once everything is under way. */
  onStarted?: (url: string, app: App) => void
  /** What belongs to the process beside the service, ended after it. */
  afterStop?: () => Promise<void>
  /** Of a simulated exchange. */
  faults?: FaultSwitches
}

/**
 * Runs the service and ties the process to it: the first signal stops it cleanly within
 * SHUTDOWN_TIMEOUT_MS (exit 0, or 1 when frames were left), a second one ends it at once; an uncaught
 * error ends it with exit 1, as state is rebuilt from the topic by the next process.
 * Rejects where the service cannot start; nothing of it is left running then.
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
  // First of all: until then a signal would have its default effect.
  onStopSignal((signal) => {
    log.info({ signal }, 'stopping')
    void grace.close()
  })
  log.info({ settings: describeConfig(config) }, 'starting')
  for (const warning of config.warnings) log.warn({ warning }, 'odd setting')
  if (config.settings.KAFKA_BROKERS === undefined) {
    log.info({}, 'KAFKA_BROKERS is unset: the topics are inside this process and end with it')
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
      log.fatal({ err: error }, 'the service cannot go on')
      void grace.close()
    },
  })
  const grace = closeWithGrace(
    {
      delay: stopMs,
      logger: false,
      skip: ['SIGINT', 'SIGTERM'],
      onTimeout: () => log.fatal({ stopMs }, 'the stop took too long'),
    },
    async ({ err }) => {
      isEnding = true
      if (err !== undefined) log.fatal({ err }, 'uncaught error')
      const framesLeft = await app.stop(stopMs)
      await options.afterStop?.()
      await endWatch()
      if (framesLeft > 0) log.error({ framesLeft }, 'frames were left undelivered')
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
    // The stop that is under way ends the process.
    if (isEnding) return
    grace.uninstall()
    await app.stop(stopMs)
    await options.afterStop?.()
    await endWatch()
    throw error
  }
}
