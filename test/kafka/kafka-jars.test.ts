import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, vi } from 'vitest'
import { fetchKafkaJars, readJarsFolderName } from '../../tools/kafka/kafka-jars.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A Maven of the test: `body` sees the folder to fill as $OUT, and its arguments as $@. */
function putMavenOnPath(body: string): string {
  const folder = temporaryFolder()
  const script = `#!/bin/sh
echo "$@" >> "${folder}/calls"
[ "$1" = "-v" ] && exit 0
for word in "$@"; do case "$word" in -DoutputDirectory=*) OUT="\${word#*=}";; esac; done
${body}
`
  writeFileSync(join(folder, 'mvn'), script)
  chmodSync(join(folder, 'mvn'), 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`)
  registerCleanUp(() => vi.unstubAllEnvs())
  return join(folder, 'calls')
}

const FILL = 'mkdir -p "$OUT" && touch "$OUT/a.jar" && sleep 0.2 && touch "$OUT/b.jar"'
const silent = () => undefined

describe('the cache of the jars', () => {
  it('is filled once, even by two concurrent requests', async () => {
    const calls = putMavenOnPath(FILL)
    const cache = temporaryFolder()
    const [one, other] = await Promise.all([
      fetchKafkaJars(silent, [cache]),
      fetchKafkaJars(silent, [cache]),
    ])
    expect(one).toBe(join(cache, await readJarsFolderName()))
    expect(other).toBe(one)
    expect(readdirSync(one).sort()).toEqual(['a.jar', 'b.jar'])
    await fetchKafkaJars(silent, [cache])
    expect(readFileSync(calls, 'utf8').match(/copy-dependencies/g)).toHaveLength(1)
  })

  it('does not use a half-filled folder', async () => {
    const cache = temporaryFolder()
    putMavenOnPath('mkdir -p "$OUT" && touch "$OUT/half.jar" && echo "no network" && exit 1')
    const said: string[] = []
    const failing = fetchKafkaJars((line) => said.push(line), [cache])
    await expect(failing).rejects.toThrow('Maven failed with exit code 1')
    expect(said).toContain('no network')
    expect(existsSync(join(cache, await readJarsFolderName()))).toBe(false)
    putMavenOnPath(FILL)
    const folder = await fetchKafkaJars(silent, [cache])
    expect(readdirSync(folder).sort()).toEqual(['a.jar', 'b.jar'])
  })

  it('is that of the user if that of the project is not writable', async () => {
    const calls = putMavenOnPath(FILL)
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const caches = [join(file, 'kafka'), join(temporaryFolder(), 'kafka')]
    const folder = await fetchKafkaJars(silent, caches)
    expect(folder).toBe(join(caches[1] ?? '', await readJarsFolderName()))
    expect(await fetchKafkaJars(silent, caches)).toBe(folder)
    expect(readFileSync(calls, 'utf8').match(/copy-dependencies/g)).toHaveLength(1)
  })

  it('replaces the lock of a process that is gone', async () => {
    putMavenOnPath(FILL)
    const cache = temporaryFolder()
    const gone = 2 ** 22 + 1
    writeFileSync(join(cache, `${await readJarsFolderName()}.lock`), String(gone))
    const folder = await fetchKafkaJars(silent, [cache])
    expect(readdirSync(folder).sort()).toEqual(['a.jar', 'b.jar'])
    expect(readdirSync(cache)).toEqual([await readJarsFolderName()])
  })

  it('passes the settings of the user to Maven', async () => {
    const calls = putMavenOnPath(FILL)
    vi.stubEnv('MAVEN_ARGS', '-Dmaven.repo.local=/somewhere/else -o')
    await fetchKafkaJars(silent, [temporaryFolder()])
    expect(readFileSync(calls, 'utf8')).toContain('-Dmaven.repo.local=/somewhere/else -o')
  })

  it('reports what is missing without Maven', async () => {
    vi.stubEnv('PATH', temporaryFolder())
    registerCleanUp(() => vi.unstubAllEnvs())
    await expect(fetchKafkaJars(silent, [temporaryFolder()])).rejects.toThrow(
      'no `mvn` on the path',
    )
  })
})
