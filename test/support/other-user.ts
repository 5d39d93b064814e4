import { chownSync } from 'node:fs'
import process from 'node:process'
import { startProcess, type ProcessOptions } from './start-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Debian's user without rights; no file of the tests belongs to it. */
const NOBODY = 65_534
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']

const isRoot = () => process.getuid?.() === 0

/**
 * Starts a program that may write to nothing but a home folder of its own, temporary files too. For root, which may write to a
 * read-only folder too, it runs as another user.
 */
export function startUnprivileged(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
) {
  const home = temporaryFolder()
  const env = { ...options.env, HOME: home, TMPDIR: home }
  if (!isRoot()) return startProcess(command, args, { ...options, env })
  chownSync(home, NOBODY, NOBODY)
  return startProcess('setpriv', [...AS_NOBODY, command, ...args], { ...options, env })
}
