import { createRequire } from 'node:module'
import { pino, type DestinationStream, type LevelWithSilent, type Logger } from 'pino'

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
