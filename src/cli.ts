import process from 'node:process'
import { type Config, describeConfig, readConfig, settingsHelp } from './config/config.ts'
import { AppError, messageOf } from './errors.ts'
import { exitCodeOf, readVersion } from './runtime.ts'

type Command =
  | { command: 'service' | 'demo' | 'help' | 'version' }
  | { command: 'check-config'; isStrict: boolean }
  | { command: SubCommand; rest: readonly string[] }

/** Commands with options of their own. */
const SUB_COMMANDS = ['simulator', 'record', 'verify', 'export', 'signals'] as const
type SubCommand = (typeof SUB_COMMANDS)[number]

const USAGE = `Usage: orderbook-exporter [demo | simulator | record | verify | export | signals] [options]

  (no command)    run the service, configured by the environment
  demo            run simulated exchange and service in one process, offline
  simulator       run the simulated exchange only
  record          record the frames of the exchange to a file
  verify          check the exchange, or a recording, against what this program assumes of it
  export          write the numbers of the topics, or of a recording, as a table
  signals         measure over a recording whether the imbalance predicts the price
                  (each of these five lists its options with --help)

  --help          print this text and the table of settings
  --version       print the version
  --check-config  check and print the configuration without starting the service
  --strict        with --check-config: treat unknown settings as errors

Exit codes: 0 clean shutdown, 1 runtime failure, 2 invalid configuration or usage.
`

/**
 * Parses the command line.
 * @throws AppError `ERR_USAGE` with the unknown argument
 */
function parseCommand(args: readonly string[]): Command {
  const [first, ...rest] = args
  const subCommand = SUB_COMMANDS.find((command) => command === first)
  if (subCommand !== undefined) return { command: subCommand, rest }
  const allowed = ['demo', '--help', '-h', '--version', '--check-config', '--strict']
  const unknown = args.find((command) => !allowed.includes(command))
  if (unknown !== undefined) {
    throw usageError(
      `unknown argument ${JSON.stringify(unknown)} (expected demo, ${SUB_COMMANDS.join(', ')}, ${allowed.slice(1).join(', ')})`,
    )
  }
  if (args.includes('--help') || args.includes('-h')) return { command: 'help' }
  if (args.includes('--version')) return { command: 'version' }
  const isStrict = args.includes('--strict')
  if (args.includes('--check-config')) return { command: 'check-config', isStrict }
  if (isStrict) throw usageError('--strict requires --check-config')
  return { command: first === 'demo' ? 'demo' : 'service' }
}

function usageError(problem: string): AppError {
  return new AppError('ERR_USAGE', problem, { context: { problems: [problem] } })
}

/** Runs a command. Loads only its part of the program, because loading all takes seconds. */
async function run(command: Command): Promise<void> {
  switch (command.command) {
    case 'help':
      process.stdout.write(`${USAGE}\nSettings (environment):\n\n${settingsHelp()}\n`)
      return
    case 'version':
      process.stdout.write(`${readVersion()}\n`)
      return
    case 'check-config': {
      const config = readConfig(process.env, { isStrict: command.isStrict })
      warn(config)
      for (const [name, value] of Object.entries(describeConfig(config))) {
        process.stdout.write(`${name}=${value}\n`)
      }
      return
    }
    case 'simulator':
      return (await import('./simulator/cli.ts')).runSimulator(command.rest)
    case 'record':
      return (await import('./commands/record.ts')).runRecord(command.rest, process.env)
    case 'verify':
      return (await import('./commands/verify/verify.ts')).runVerify(command.rest, process.env)
    case 'export':
      return (await import('./commands/export/export.ts')).runExport(command.rest, process.env)
    case 'signals':
      return (await import('./commands/signals/signals.ts')).runSignals(command.rest, process.env)
    case 'demo':
      return (await import('./demo/demo.ts')).runDemo(process.env)
    case 'service': {
      const config = readConfig(process.env, { isStrict: false })
      return (await import('./service.ts')).runService(config, { isPretty: false })
    }
  }
}

function warn(config: Config): void {
  for (const warning of config.warnings) process.stderr.write(`warning: ${warning}\n`)
}

/** Prints every problem to stderr, one line each, and sets the exit code. */
function fail(error: unknown): void {
  process.exitCode = exitCodeOf(error)
  if (error instanceof AppError) {
    const problems = error.context['problems']
    const lines = Array.isArray(problems) ? problems.map(String) : [messageOf(error)]
    for (const line of lines) process.stderr.write(`${line}\n`)
  } else {
    const reason = messageOf(error)
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    process.stderr.write(stack.includes(reason) ? `${stack}\n` : `${reason}\n${stack}\n`)
  }
}

try {
  await run(parseCommand(process.argv.slice(2)))
} catch (error) {
  fail(error)
}
