import { createRequire } from 'node:module'
import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino'

export type LogLevel = LevelWithSilent

export interface LoggerOptions {
  level: LogLevel
  /** Lines for people instead of JSON, where pino-pretty is installed; for the demo. Default false. */
  isPretty?: boolean
  /** Fields of the span that runs now, added to each line; none without it. */
  spanFields?: () => Record<string, string>
  /** Where lines go; stdout without it. With `isPretty` a `Writable`, as lines are piped to it. */
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

/** The root logger: one JSON object a line. Each part gets `componentLogger` of it. */
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

/** A child whose lines say which part they come from. */
export function componentLogger(logger: Logger, component: string): Logger {
  return logger.child({ component })
}

type PrettyFactory = (options: object) => DestinationStream

/** pino-pretty is a development tool: not there in an installed package, JSON then. */
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

/** What is limited: fields first, a fixed message second. */
export interface RepeatableLogger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}

const INTERVAL_MS = 60_000
/** Messages remembered at once; above it the one that was logged longest ago is forgotten. */
const MAX_MESSAGES = 500

type Level = keyof RepeatableLogger

interface Remembered {
  loggedMs: number
  suppressed: number
}

/**
 * A logger that passes a message on at its first time and then at most once a minute, with the
 * number of those left out in the field `suppressed`. Messages are told apart by level and text, so
 * what tells repeats apart (a reason) belongs into the text. `info` is for rare milestones and passes:
 * that all is well again must not be what is omitted.
 */
export function limitRepeats(
  logger: RepeatableLogger,
  clock: { monotonicMs(): number },
): RepeatableLogger {
  const remembered = new Map<string, Remembered>()
  const log = (level: Level) => (fields: object, message: string) => {
    const key = `${level} ${message}`
    const nowMs = clock.monotonicMs()
    const last = remembered.get(key)
    if (last !== undefined && nowMs - last.loggedMs < INTERVAL_MS) {
      last.suppressed += 1
      return
    }
    // Set again, so that the map's order is that of the last logging.
    remembered.delete(key)
    remembered.set(key, { loggedMs: nowMs, suppressed: 0 })
    if (remembered.size > MAX_MESSAGES) {
      for (const oldest of remembered.keys()) {
        remembered.delete(oldest)
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
