import { AppError, type ErrorCode } from './errors.ts'

const EXIT_FAILURE = 1
const EXIT_USAGE = 2

/** Mistakes of whoever started the process: trying again changes nothing. */
const USAGE_ERRORS: readonly ErrorCode[] = ['ERR_CONFIG_INVALID', 'ERR_USAGE', 'ERR_TOPIC_UNFIT']

/** 2 = bad configuration or usage, 1 = anything else. */
export function exitCodeOf(error: unknown): number {
  return error instanceof AppError && USAGE_ERRORS.includes(error.code) ? EXIT_USAGE : EXIT_FAILURE
}
