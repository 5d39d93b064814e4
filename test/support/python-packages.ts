import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const INSTALL_MS = 300_000
const CACHE = fileURLToPath(new URL('../../.cache/python/', import.meta.url))

/**
 * A folder for PYTHONPATH with one package, such as `kafka-python==3.0.12`, and its dependencies: in the
 * project's cache, created on the first call. It gets its name only when complete.
 * @throws Error with pip's output where the package cannot be installed
 */
export async function pythonPackages(requirement: string): Promise<string> {
  const folder = join(CACHE, requirement)
  const packages = join(folder, 'packages')
  if (existsSync(packages)) return packages
  await mkdir(folder, { recursive: true })
  const partial = await mkdtemp(join(folder, 'partial-'))
  try {
    const venv = join(partial, 'venv')
    run('python3', ['-m', 'venv', venv])
    const python = join(venv, 'bin', 'python')
    const target = join(partial, 'packages')
    run(python, ['-m', 'pip', 'install', '-q', '--target', target, requirement])
    // Another process may have installed it first.
    await rename(target, packages).catch((error: unknown) => {
      if (!existsSync(packages)) throw error
    })
    return packages
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: INSTALL_MS,
  })
  if (status === 0) return
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr + stdout}`)
}
