import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

let folder: string

/** Sets PATH to a folder with one program that prints `text` to stderr and exits 0. */
function install(name: string, text = ''): void {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\necho '${text}' >&2\n`)
  chmodSync(path, 0o755)
}

/** Reloads the module, because results are cached. */
async function importNeeds() {
  vi.resetModules()
  return (await import('./needs.ts')).needs
}

describe('what a test needs', () => {
  beforeEach(() => {
    folder = temporaryFolder()
    vi.stubEnv('PATH', folder)
    vi.stubEnv('CI', undefined)
  })

  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('changes nothing where it is installed', async () => {
    install('java', 'openjdk version "17.0.15" 2025-04-15')
    for (const name of ['mvn', 'prometheus', 'promtool', 'python3']) install(name)
    const needs = await importNeeds()
    expect(needs('java', 'maven', 'prometheus', 'promtool', 'python')).toEqual({})
  })

  it('skips with all missing programs as the reason', async () => {
    install('java', 'openjdk version "17.0.15" 2025-04-15')
    const needs = await importNeeds()
    const skipReason = 'Maven is not installed, Python 3 with venv is not installed'
    expect(needs('java', 'maven', 'python')).toEqual({ skip: true, meta: { skipReason } })
  })

  it.each(['openjdk version "11.0.2" 2019-01-15', 'java version "1.8.0_401"'])(
    'does not accept %s as Java',
    async (version) => {
      install('java', version)
      expect((await importNeeds())('java')).toMatchObject({
        meta: { skipReason: 'Java 17 or newer is not installed' },
      })
    },
  )

  it('throws on CI', async () => {
    vi.stubEnv('CI', 'true')
    const needs = await importNeeds()
    expect(() => needs('promtool')).toThrow(/promtool .* is not installed/)
  })
})
