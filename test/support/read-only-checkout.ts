import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { registerCleanUp } from './clean-up.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Files that the commands of package.json need. */
const COPIED = ['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json']
const COPIED_FOLDERS = ['src', 'web', 'client', 'tools', 'prometheus', 'docs/runbooks']

/**
 * A read-only copy of the project with its packages; removed with the test.
 * @param prepare changes the copy before it becomes read-only
 */
export function readOnlyCheckout(prepare: (folder: string) => void = () => undefined): string {
  const parent = temporaryFolder()
  chmodSync(parent, 0o755)
  const folder = join(parent, 'checkout')
  mkdirSync(folder)
  for (const name of [...COPIED, ...COPIED_FOLDERS]) {
    const filter = (source: string) => !source.endsWith('/node_modules')
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter })
  }
  run('chmod', ['-R', 'a+rX,a-w', folder])
  chmodSync(folder, 0o755)
  // Hard links where possible: the packages are 400 MB. They keep their modes.
  const packages = [join(ROOT, 'node_modules'), folder]
  if (!tryRun('cp', ['-al', ...packages])) run('cp', ['-a', ...packages])
  prepare(folder)
  chmodSync(folder, 0o555)
  registerCleanUp(() => run('find', [folder, '-type', 'd', '-exec', 'chmod', 'u+w', '{}', '+']))
  return folder
}

function tryRun(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}
