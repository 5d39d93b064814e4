import { readFileSync } from 'node:fs'
import process from 'node:process'
import { AppError, type ErrorCode } from './errors.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/**
 * Signals within this time count as one. Ctrl-C reaches every process of the terminal, and npm sends it to
 * its child a second time.
 */
const SAME_SIGNAL_MS = 500

/**
 * Calls `onStop` at the first SIGINT or SIGTERM; a further one ends the process at once with exit code 1.
 * The listeners are never replaced, because a signal in between would have its default effect.
 * @returns removes the listeners, for what ends before the process does
 */
export function onStopSignal(onStop: (signal: NodeJS.Signals) => void): () => void {
  let firstMs: number | null = null
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now()
    if (firstMs === null) {
      firstMs = nowMs
      onStop(signal)
    } else if (nowMs - firstMs > SAME_SIGNAL_MS) {
      process.exit(1)
    }
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}

const EXIT_FAILURE = 1
const EXIT_USAGE = 2

/** Errors that a restart does not fix. */
const USAGE_ERRORS: readonly ErrorCode[] = ['ERR_CONFIG_INVALID', 'ERR_USAGE', 'ERR_TOPIC_UNFIT']

/** Returns the exit code: 2 = invalid configuration or usage, 1 = anything else. */
export function exitCodeOf(error: unknown): number {
  return error instanceof AppError && USAGE_ERRORS.includes(error.code) ? EXIT_USAGE : EXIT_FAILURE
}

/** Reads the version from package.json, which is next to both `src/` and `dist/`. */
export function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const manifest: unknown = JSON.parse(text)
  const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return isManifest && typeof manifest.version === 'string' ? manifest.version : 'unknown'
}
