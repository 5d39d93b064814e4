import { choosePorts } from './choose-ports.ts'
import { claimFolder } from './claim-folder.ts'
import { plainEnvironment } from './commands.ts'
import { findMonitoring } from './monitoring.ts'
import { Stack, type StackDeps } from './stack.ts'
import type { StackOptions } from './stack-options.ts'

const NO_MONITORING = { prometheus: null, alertmanager: null, missing: [] }

/**
 * Starts all processes in the order of their dependencies and waits until each one
 * is ready.
 * @throws Error that names every port in use, or the process that did not start, with its last output;
 * all processes are stopped then
 */
export async function startStack(options: StackOptions, deps: StackDeps = {}): Promise<Stack> {
  const env = options.environment ?? plainEnvironment()
  const programs =
    options.hasMonitoring === false ? NO_MONITORING : findMonitoring(env['PATH'] ?? '')
  const ports = await choosePorts(options.ports, (name) => {
    if (name === 'kafka') return options.brokers === undefined
    return name === 'prometheus' || name === 'alertmanager' ? programs[name] !== null : true
  })
  const releaseFolder = claimFolder(options.folder)
  const stack = new Stack({ options, env, programs, ports, releaseFolder }, deps)
  await stack.start()
  return stack
}
