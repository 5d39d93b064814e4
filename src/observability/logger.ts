import { createRequire } from 'node:module'
import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino'

export type LogLevel = LevelWithSilent

export interface LoggerOptions {
  level: LogLevel
  /**
   * Human-readable log lines instead of JSON if pino-pretty is installed; used by the demo.
   * Default false.
   */
  isPretty?: boolean
  /** Returns the fields of the active span, which are added to each log line. */
  spanFields?: () => Record<string, string>
  /**
   * Destination of log lines. Default stdout. With `isPretty` it must be a `Writable`, because
   * lines are piped to it.
   */
  stream?: DestinationStream
}

const SECRET_FIELDS = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'client_secret',
  'clientSecret',
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'DERIBIT_CLIENT_SECRET',
  'KAFKA_SASL_PASSWORD',
  'HTTP_AUTH_TOKEN',
]

/** The paths of every secret field, down to the third level of an object. */
const REDACTED_PATHS = ['', '*.', '*.*.'].flatMap((prefix) =>
  SECRET_FIELDS.map((field) => prefix + field),
)

/** Creates the root logger: one JSON object per line. Modules use `componentLogger`. */
export function createLogger(options: LoggerOptions): Logger {
  const { level, isPretty = false } = options
  const stream = (isPretty ? openPrettyStream(options.stream) : undefined) ?? options.stream
  const settings = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
    ...(options.spanFields === undefined ? {} : { mixin: options.spanFields }),
  }
  return stream === undefined ? pino(settings) : pino(settings, stream)
}

/** Creates a child logger whose lines carry the field `component`. */
export function componentLogger(logger: Logger, component: string): Logger {
  return logger.child({ component })
}

type PrettyFactory = (options: object) => DestinationStream

/** pino-pretty is a development dependency. Without it (installed package) lines are JSON. */
function openPrettyStream(output: DestinationStream | undefined): DestinationStream | undefined {
  try {
    const factory: unknown = createRequire(import.meta.url)('pino-pretty')
    if (typeof factory !== 'function') return undefined
    return (factory as PrettyFactory)({
      colorize: process.stdout.isTTY,
      sync: true,
      ignore: 'pid,hostname',
      ...(output === undefined ? {} : { destination: output }),
    })
  } catch {
    return undefined
  }
}

/** Log methods that are rate-limited: fields first, a fixed message second. */
export interface RepeatableLogger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}

const INTERVAL_MS = 60_000
/** Maximum number of remembered messages; above it the least recently logged one is removed. */
const MAX_MESSAGES = 500

type Level = keyof RepeatableLogger

interface LoggedMessage {
  loggedMs: number
  suppressed: number
}

/**
 * Wraps a logger so that each message is logged at most once a minute, with the number of omitted
 * repeats in the field `suppressed`. Messages are distinguished by level and text, so a
 * distinguishing detail (a reason) belongs in the text. `info` is not limited: it is used for rare
 * events such as recovery.
 */
export function limitRepeats(
  logger: RepeatableLogger,
  clock: { monotonicMs(): number },
): RepeatableLogger {
  const loggedMessages = new Map<string, LoggedMessage>()
  const log = (level: Level) => (fields: object, message: string) => {
    const key = `${level} ${message}`
    const nowMs = clock.monotonicMs()
    const last = loggedMessages.get(key)
    if (last !== undefined && nowMs - last.loggedMs < INTERVAL_MS) {
      last.suppressed += 1
      return
    }
    // Deleted and set again to keep the map in order of the last logging.
    loggedMessages.delete(key)
    loggedMessages.set(key, { loggedMs: nowMs, suppressed: 0 })
    if (loggedMessages.size > MAX_MESSAGES) {
      for (const oldest of loggedMessages.keys()) {
        loggedMessages.delete(oldest)
        break
      }
    }
    const suppressed = last?.suppressed ?? 0
    logger[level](suppressed === 0 ? fields : { ...fields, suppressed }, message)
  }
  return {
    error: log('error'),
    warn: log('warn'),
    info: (fields, message) => logger.info(fields, message),
    debug: log('debug'),
  }
}
