/** Codes of the errors that this service raises. Callers branch on the code, never on the text. */
export type ErrorCode =
  /** The environment is invalid; `context.problems` lists every problem. */
  | 'ERR_CONFIG_INVALID'
  /** The exchange answered a request with an error. */
  | 'ERR_FEED_RESPONSE'
  /** The exchange did not answer a request in time. */
  | 'ERR_FEED_TIMEOUT'
  /** The connection to the exchange ended or could not be established. */
  | 'ERR_FEED_CONNECTION'
  /** The broker refused a batch or did not acknowledge it before its deadline. */
  | 'ERR_TOPIC_SEND'
  /** The broker cannot be reached or does not answer. */
  | 'ERR_TOPIC_CONNECTION'
  /** The topic does not exist, and the service is not authorised to create it. */
  | 'ERR_TOPIC_MISSING'
  /** The topic exists with settings that would falsify the reported values. */
  | 'ERR_TOPIC_UNFIT'
  /** What was asked for holds no data. */
  | 'ERR_NO_DATA'
  /** A signal ended the command before its result was complete. */
  | 'ERR_INTERRUPTED'
  /** A file cannot be written. */
  | 'ERR_OUTPUT'
  /** The HTTP port is in use. */
  | 'ERR_HTTP_PORT_IN_USE'
  /** The command line or a call of the simulator or a tool is invalid. */
  | 'ERR_USAGE'

export interface AppErrorOptions {
  cause?: unknown
  /** Names, values and limits that help to diagnose the error. Never a secret. */
  context?: Readonly<Record<string, unknown>>
  /** Whether the same call may succeed later without changes. Default: false. */
  retryable?: boolean
}

/** An error with a code from a closed list, its cause, and whether a retry may succeed. */
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

/** Limits of `messageOf`: depth of causes, number of reasons, length of the text. */
const MAX_DEPTH = 8
const MAX_REASONS = 5
const MAX_LENGTH = 1000

/**
 * Formats the reason of a failure in one line, for logs, health details and error messages: the message
 * of anything thrown, and the reasons in its `errors` (one for each attempt or address) and its `cause`
 * that the message does not contain. Never empty, never throws.
 */
export function messageOf(thrown: unknown): string {
  try {
    return reasonOf(thrown, 0).slice(0, MAX_LENGTH)
  } catch {
    return 'unreadable error'
  }
}

function reasonOf(thrown: unknown, depth: number): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown)
  const { message, code, name, cause, errors } = thrown as Readonly<Record<string, unknown>>
  // A message may end in a colon without a reason: `Connection error: `.
  const own = typeof message === 'string' ? message.trim().replace(/\s*:$/, '') : ''
  const inner = depth < MAX_DEPTH ? innerReasons(cause, errors, depth) : []
  const missing = inner.filter((reason) => !own.includes(reason))
  if (missing.length === 0) return own === '' ? firstText(code, name) : own
  const isContained = missing.some((reason) => reason.includes(own))
  return isContained ? missing.join('; ') : `${own}: ${missing.join('; ')}`
}

function innerReasons(cause: unknown, errors: unknown, depth: number): readonly string[] {
  const attempts: readonly unknown[] = Array.isArray(errors) ? errors.slice(0, MAX_REASONS) : []
  const all = cause === undefined || cause === null ? attempts : [...attempts, cause]
  return [...new Set(all.map((each) => reasonOf(each, depth + 1)))]
}

function firstText(...candidates: readonly unknown[]): string {
  const text = candidates.find((each) => typeof each === 'string' && each !== '')
  return typeof text === 'string' ? text : 'unknown error'
}
