import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** What the page is made of. */
const SOURCES = ['page', 'client', 'package-lock.json', 'tools/page']
/** Written last. */
const BUILT = 'dist/page/licences.txt'

/** When the file, or the newest one in the folder, was written; epoch ms, 0 where it is not there. */
function writtenMs(name: string): number {
  const path = join(ROOT, name)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return 0
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(0, ...readdirSync(path).map((entry) => writtenMs(join(name, entry))))
}

/** Builds the page; with `--if-needed` only where something has changed since the last time. */
const isStart = process.argv.includes('--if-needed')
const isNeeded = !isStart || writtenMs(BUILT) <= Math.max(...SOURCES.map((name) => writtenMs(name)))
if (isNeeded) {
  try {
    // The bundler is loaded only for those who need it: a start waits for this.
    const { buildPage } = await import('./build-page.ts')
    await buildPage()
  } catch (error) {
    // Without the packages of development there is no bundler; a service does without its page.
    if (!isStart || !(error instanceof Error) || !('code' in error)) throw error
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    process.stderr.write('the live page is not built, as its bundler is not installed\n')
  }
}
