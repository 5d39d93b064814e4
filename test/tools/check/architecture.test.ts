import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const TEXT = readFileSync(`${ROOT}ARCHITECTURE.md`, 'utf8')

/** Paths in backquotes, relative to `src/` or to the root. */
const PATHS = [...TEXT.matchAll(/`([a-z][\w.-]*\/(?:[\w.-]+\/?)*)`/g)].map(([, path = '']) => path)

describe('ARCHITECTURE.md', () => {
  it('names only files and folders that exist', () => {
    expect(PATHS.length).toBeGreaterThan(40)
    const missing = PATHS.filter(
      (path) => !existsSync(`${ROOT}src/${path}`) && !existsSync(`${ROOT}${path}`),
    )
    // Built, not committed.
    expect(missing.filter((path) => path !== 'dist/page/')).toEqual([])
  })

  it('has a row for every folder of src/', () => {
    const folders = readdirSync(`${ROOT}src`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
    const rows = TEXT.split('\n').filter((line) => line.startsWith('| `'))
    const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)\/`/g)])
    expect(named.map(([, name = '']) => name).sort()).toEqual(folders.sort())
  })
})
