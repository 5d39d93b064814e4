import process from 'node:process'
import { parseCommand, USAGE, type Command } from './command.ts'
import { describeConfig, readConfig, settingsHelp, type Config } from './config.ts'
import { runDemo } from './demo/demo.ts'
import { AppError, messageOf } from './errors.ts'
import { exitCodeOf } from './exit-code.ts'
import { runService } from './service.ts'
import { runSimulator } from './simulator/main.ts'
import { readVersion } from './version.ts'

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
      return runSimulator(command.rest)
    case 'demo':
      return runDemo(process.env)
    case 'service':
      return runService(readConfig(process.env, { isStrict: false }), { isPretty: false })
  }
}

function warn(config: Config): void {
  for (const warning of config.warnings) process.stderr.write(`warning: ${warning}\n`)
}

/** Every problem on stderr, one line each; 2 = configuration or usage, 1 = anything else. */
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
