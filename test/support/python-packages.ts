import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const INSTALL_MS = 300_000
const CACHE = fileURLToPath(new URL('../../.cache/python/', import.meta.url))

/** What docs/research.md reads tables with. */
export const RESEARCH_PACKAGES =
  'pandas==3.1.1 pyarrow==26.0.1 matplotlib==3.11.2 polars==2.1.0 duckdb==2.0.1'

/**
 * A folder for PYTHONPATH with packages, such as `kafka-python==3.0.12`, separated by spaces, and their
 * dependencies: in the project's cache, created on the first call. It gets its name only when complete.
 * @throws Error with pip's output where the package cannot be installed
 */
export async function pythonPackages(requirements: string): Promise<string> {
  const folder = join(CACHE, requirements.replaceAll(' ', '+'))
  const packages = join(folder, 'packages')
  if (existsSync(packages)) return packages
  await mkdir(folder, { recursive: true })
  const partial = await mkdtemp(join(folder, 'partial-'))
  try {
    const venv = join(partial, 'venv')
    run('python3', ['-m', 'venv', venv])
    const python = join(venv, 'bin', 'python')
    const target = join(partial, 'packages')
    // Modules are compiled when they are imported: most of a large package never is.
    const options = ['-q', '--no-compile', '--target', target]
    run(python, ['-m', 'pip', 'install', ...options, ...requirements.split(' ')])
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
