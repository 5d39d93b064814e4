/** Every error code this service raises itself. Callers branch on the code, never on the text. */
export type ErrorCode =
  /** The environment or the command line cannot be used; `context.problems` lists every reason. */
  | 'ERR_CONFIG_INVALID'
  /** The exchange answered a request with an error. */
  | 'ERR_FEED_RESPONSE'
  /** The exchange did not answer a request in time. */
  | 'ERR_FEED_TIMEOUT'
  /** The connection to the exchange ended, or could not be made. */
  | 'ERR_FEED_CONNECTION'
  /** The broker refused or did not take a batch before its deadline. */
  | 'ERR_TOPIC_SEND'
  /** The broker cannot be reached or does not answer. */
  | 'ERR_TOPIC_CONNECTION'
  /** The topic does not exist and we may not create it. */
  | 'ERR_TOPIC_MISSING'
  /** The topic exists with settings that would falsify what we report. */
  | 'ERR_TOPIC_UNFIT'
  /** The HTTP port is in use. */
  | 'ERR_HTTP_PORT_IN_USE'
  /** A simulator or tool was asked for something it cannot do. */
  | 'ERR_USAGE'

export interface AppErrorOptions {
  cause?: unknown
  /** Facts that help the reader: names, values, limits. Never a secret. */
  context?: Readonly<Record<string, unknown>>
  /** Whether the same call may succeed later without anybody changing anything. Default false. */
  retryable?: boolean
}

/** An error with a code from a closed list, its cause, and whether to try again. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly context: Readonly<Record<string, unknown>>
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.context = options.context ?? {}
    this.retryable = options.retryable ?? false
  }
}

/** The message of anything that was thrown, for logs and health details. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
