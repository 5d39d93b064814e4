import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../ops/programs.ts'

const FILE = join(ROOT, '.cache', 'alerts', 'passed.json')
/** What decides whether a scenario is as it should be. */
const SOURCES = ['src/**/*.ts', 'tools/alerts/*.ts', 'tools/stack/*.ts', 'prometheus/**/*.yml']

/** Which scenarios were as they should be with the sources as they are, over several runs. */
export class PassedScenarios {
  readonly #sources = hashOf(SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort())
  readonly #names: Set<string>

  constructor() {
    this.#names = new Set(readNames(this.#sources))
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  add(name: string): void {
    this.#names.add(name)
    mkdirSync(dirname(FILE), { recursive: true })
    writeFileSync(FILE, JSON.stringify({ sources: this.#sources, names: [...this.#names] }))
  }
}

function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(path).update(readFileSync(join(ROOT, path)))
  return hash.digest('hex')
}

/** None where the sources have changed since. */
function readNames(sources: string): readonly string[] {
  try {
    const kept = JSON.parse(readFileSync(FILE, 'utf8')) as { sources: string; names: string[] }
    return kept.sources === sources ? kept.names : []
  } catch {
    return []
  }
}
