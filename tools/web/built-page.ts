import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Sources of the page, relative to the project root. */
const SOURCES = ['web', 'client', 'docs/runbooks', 'package-lock.json', 'tools/web']

export const BUILT_PAGE = join(ROOT, 'dist', 'page')
/** File with the digest of the sources of the page, beside its files. Not served. */
export const DIGEST_FILE = 'sources.sha256'

/**
 * Whether the page exists and is built from the current sources.
 * @throws Error where a source cannot be read
 */
export function checkBuiltPage(): 'current' | 'older' | 'absent' {
  const digest = readOrNull(join(BUILT_PAGE, DIGEST_FILE))
  if (digest !== null) return digest === digestSources() ? 'current' : 'older'
  return readOrNull(join(BUILT_PAGE, 'index.html')) === null ? 'absent' : 'older'
}

/**
 * Digest of all sources of the page, by content: a copied or restored checkout has
 * different file times and the same page.
 * @throws Error where a source cannot be read
 */
export function digestSources(): string {
  const hash = createHash('sha256')
  for (const name of SOURCES.flatMap(listFiles)) {
    const bytes = readFileSync(join(ROOT, name))
    hash.update(`${name}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

/** The file itself, or all files in the folder and below it, in a fixed order. */
function listFiles(source: string): string[] {
  if (source.endsWith('.json')) return [source]
  const entries = readdirSync(join(ROOT, source), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(ROOT.length)).sort()
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
