import { chownSync } from 'node:fs'
import process from 'node:process'
import { startProcess, type ProcessOptions } from './start-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Debian's unprivileged user; it owns no file of the tests. */
const NOBODY = 65_534
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']

const isRoot = () => process.getuid?.() === 0

/**
 * Starts a program with write access only to its own home and temporary folder. As root, which may write to a
 * read-only folder, it runs as another user.
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
