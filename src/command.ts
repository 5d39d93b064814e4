import { AppError } from './errors.ts'

export type Command =
  | { word: 'service' | 'demo' | 'help' | 'version' }
  | { word: 'check-config'; isStrict: boolean }
  | { word: 'simulator'; rest: readonly string[] }

export const USAGE = `Usage: orderbook-exporter [demo | simulator] [options]

  (no command)    the service, configured by the environment
  demo            simulated exchange and service in one process, offline
  simulator       the simulated exchange alone; simulator --help lists its options

  --help          this text and the table of settings
  --version       the version
  --check-config  reads the configuration, prints it, starts nothing
  --strict        with --check-config: unknown settings are errors

Exit codes: 0 clean stop, 1 runtime failure, 2 bad configuration or usage.
`

/**
 * Reads the command line.
 * @throws AppError `ERR_USAGE` naming the word or option that is not known
 */
export function parseCommand(words: readonly string[]): Command {
  const [first, ...rest] = words
  if (first === 'simulator') return { word: 'simulator', rest }
  const allowed = ['demo', '--help', '-h', '--version', '--check-config', '--strict']
  const unknown = words.find((word) => !allowed.includes(word))
  if (unknown !== undefined) {
    throw usageError(
      `${JSON.stringify(unknown)}: allowed is demo, simulator, ${allowed.slice(1).join(', ')}`,
    )
  }
  if (words.includes('--help') || words.includes('-h')) return { word: 'help' }
  if (words.includes('--version')) return { word: 'version' }
  const isStrict = words.includes('--strict')
  if (words.includes('--check-config')) return { word: 'check-config', isStrict }
  if (isStrict) throw usageError('--strict: allowed is only together with --check-config')
  return { word: first === 'demo' ? 'demo' : 'service' }
}

function usageError(problem: string): AppError {
  return new AppError('ERR_USAGE', problem, { context: { problems: [problem] } })
}
