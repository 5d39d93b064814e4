import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CACHE = fileURLToPath(new URL('../../.cache/npm/', import.meta.url))
const INSTALL_MS = 300_000

/**
 * A folder from which one package, such as `ccxt@4.5.84`, can be required: in the project's cache, created
 * on the first call. For packages that are too large for everyone who runs `npm ci`. No install script
 * runs. The folder gets its name only when complete.
 * @throws Error with npm's output where the package cannot be installed
 */
export async function npmPackage(requirement: string): Promise<string> {
  const folder = join(CACHE, requirement.replaceAll('/', '+'))
  if (existsSync(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  const partial = await mkdtemp(join(CACHE, 'partial-'))
  try {
    await writeFile(join(partial, 'package.json'), '{"private":true}\n')
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', requirement]
    const { status, stdout, stderr, error } = spawnSync('npm', args, {
      cwd: partial,
      encoding: 'utf8',
      timeout: INSTALL_MS,
    })
    if (status !== 0) throw new Error(`npm ${args.join(' ')}: ${error?.message ?? stderr + stdout}`)
    // Another process may have installed it first.
    await rename(partial, folder).catch((failure: unknown) => {
      if (!existsSync(folder)) throw failure
    })
    return folder
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}
