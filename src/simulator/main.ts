import process from 'node:process'
import { AppError, messageOf } from '../errors.ts'
import { onStopSignal } from '../stop-signal.ts'
import { parseSimulatorArgs, SIMULATOR_USAGE } from './command-line.ts'
import { createSimulator } from './simulator.ts'

const EXIT_FAILURE = 1
const EXIT_USAGE = 2

/**
 * Runs the simulator until SIGINT or SIGTERM. Resolves after a clean stop.
 * @throws AppError `ERR_USAGE` with every problem in `context.problems`
 */
export async function runSimulator(args: readonly string[]): Promise<void> {
  const { isHelp, options } = parseSimulatorArgs(args)
  if (isHelp) {
    process.stdout.write(SIMULATOR_USAGE)
    return
  }
  const simulator = createSimulator(options)
  await simulator.start()
  process.stdout.write(`${simulator.url} (${simulator.instruments.length} instruments)\n`)
  if (simulator.controlUrl !== null) process.stdout.write(`control: ${simulator.controlUrl}\n`)
  await new Promise<void>((resolve) => {
    onStopSignal(() => resolve())
  })
  await simulator.stop()
}

function fail(error: unknown): void {
  const isUsage = error instanceof AppError && error.code === 'ERR_USAGE'
  const problems = error instanceof AppError ? error.context['problems'] : undefined
  const lines = Array.isArray(problems) ? problems.map(String) : [messageOf(error)]
  for (const line of lines) process.stderr.write(`${line}\n`)
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILURE
}

if (import.meta.main) {
  try {
    await runSimulator(process.argv.slice(2))
  } catch (error) {
    fail(error)
  }
}
