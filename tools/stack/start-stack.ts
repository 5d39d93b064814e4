import { choosePorts } from './choose-ports.ts'
import { claimFolder } from './claim-folder.ts'
import { plainEnvironment } from './commands.ts'
import { findMonitoring } from './monitoring.ts'
import { Stack, type StackDeps } from './stack.ts'
import type { StackOptions } from './stack-options.ts'

const NO_MONITORING = { prometheus: null, alertmanager: null, missing: [] }

/**
 * Starts everything in the order in which it is needed, each as a process of its own that is waited
 * for until it is ready by its own word.
 * @throws Error that names every port in use, or the process that did not start, with its last words;
 * nothing is left running then
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
