import { AppError } from './errors.ts'

export type Command =
  | { command: 'service' | 'demo' | 'help' | 'version' }
  | { command: 'check-config'; isStrict: boolean }
  | { command: 'simulator'; rest: readonly string[] }

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
export function parseCommand(args: readonly string[]): Command {
  const [first, ...rest] = args
  if (first === 'simulator') return { command: 'simulator', rest }
  const allowed = ['demo', '--help', '-h', '--version', '--check-config', '--strict']
  const unknown = args.find((command) => !allowed.includes(command))
  if (unknown !== undefined) {
    throw usageError(
      `${JSON.stringify(unknown)}: allowed is demo, simulator, ${allowed.slice(1).join(', ')}`,
    )
  }
  if (args.includes('--help') || args.includes('-h')) return { command: 'help' }
  if (args.includes('--version')) return { command: 'version' }
  const isStrict = args.includes('--strict')
  if (args.includes('--check-config')) return { command: 'check-config', isStrict }
  if (isStrict) throw usageError('--strict: allowed is only together with --check-config')
  return { command: first === 'demo' ? 'demo' : 'service' }
}

function usageError(problem: string): AppError {
  return new AppError('ERR_USAGE', problem, { context: { problems: [problem] } })
}
