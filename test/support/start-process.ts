import { registerCleanUp } from './clean-up.ts'
import { RunningProcess, type ProcessOptions } from './running-process.ts'

export type { ProcessOptions, RunningProcess } from './running-process.ts'

/**
 * Starts a program and ends it with the test (called from a hook: with the file). `command` is looked
 * up on the PATH; `process.execPath` is the Node that runs the tests.
 */
export function startProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): RunningProcess {
  const running = new RunningProcess(command, args, options)
  registerCleanUp(() => running.stop().catch(() => undefined))
  return running
}
