import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { firstWritable } from '../files/first-writable.ts'
import { findMavenProblem } from './locate-java.ts'

const POM = fileURLToPath(new URL('pom.xml', import.meta.url))
const PROJECT_CACHE = fileURLToPath(new URL('../../.cache/kafka', import.meta.url))
/** Time limit to wait for the lock of a running process; the lock of an exited one is broken. */
const LOCK_WAIT_MS = 10 * 60_000
const LOCK_POLL_MS = 200

/** The version in the pom, its only definition. */
export async function readKafkaVersion(): Promise<string> {
  const pom = await readFile(POM, 'utf8')
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1]
  if (version === undefined) throw new Error(`${POM} has no version of kafka_2.13`)
  return version
}

/** Name of the folder with the jars: another one for each content of the pom. */
export async function readJarsFolderName(): Promise<string> {
  const pom = await readFile(POM)
  const digest = createHash('sha256').update(pom).digest('hex').slice(0, 8)
  return `${await readKafkaVersion()}-${digest}`
}

/**
 * Folder with all jars of the broker, downloaded from Maven Central on the first call. The folder gets
 * its name only when complete, and one process fills it at a time.
 * @param say receives progress and Maven's output, line by line
 * @param cacheFolders candidates: the first that has the jars, else the first that is writable
 * Default: the cache of the project, then that of the user.
 * @throws Error where Maven is missing or fails, or no folder is writable
 */
export async function fetchKafkaJars(
  say: (line: string) => void,
  cacheFolders: readonly string[] = [PROJECT_CACHE, userCache()],
): Promise<string> {
  const name = await readJarsFolderName()
  const known = cacheFolders.map((cache) => join(cache, name)).find((path) => existsSync(path))
  if (known !== undefined) return known
  const problem = findMavenProblem()
  if (problem !== null) throw new Error(`the jars of Kafka are not cached yet and ${problem}`)
  const folder = join(firstWritable(cacheFolders), name)
  const lock = `${folder}.lock`
  await acquireLock(lock, say)
  try {
    if (existsSync(folder)) return folder
    say('downloading Apache Kafka from Maven Central, once (44 MB)')
    const partial = `${folder}.partial`
    await rm(partial, { recursive: true, force: true })
    await runMaven(partial, say)
    await rename(partial, folder)
    return folder
  } finally {
    await rm(lock, { force: true })
  }
}

/** For a read-only checkout. */
function userCache(): string {
  const caches = process.env['XDG_CACHE_HOME'] ?? ''
  return join(caches === '' ? join(homedir(), '.cache') : caches, 'orderbook-exporter', 'kafka')
}

/** Passes the user's MAVEN_ARGS and MAVEN_OPTS (`-Dmaven.repo.local=...`) to Maven. */
async function runMaven(outputFolder: string, say: (line: string) => void): Promise<void> {
  // Maven reads MAVEN_ARGS only from 3.9 on; passing them twice is harmless.
  const extra = (process.env['MAVEN_ARGS'] ?? '').split(' ').filter((word) => word !== '')
  const mavenGoal = 'dependency:copy-dependencies'
  const args = [
    '-q',
    '-B',
    '-Dstyle.color=never',
    ...extra,
    '-f',
    POM,
    mavenGoal,
    '-DincludeScope=runtime',
  ]
  const maven = spawn('mvn', [...args, `-DoutputDirectory=${outputFolder}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [maven.stdout, maven.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') say(line)
    })
  }
  const code = await new Promise((resolve, reject) => {
    maven.once('error', reject).once('close', resolve)
  })
  if (code !== 0) throw new Error(`Maven failed with exit code ${String(code)}`)
}

async function acquireLock(path: string, say: (line: string) => void): Promise<void> {
  const endMs = Date.now() + LOCK_WAIT_MS
  for (let isFirst = true; Date.now() < endMs; isFirst = false) {
    try {
      const file = await open(path, 'wx')
      await file.writeFile(String(process.pid))
      await file.close()
      return
    } catch (error) {
      if (!isExisting(error)) throw error
    }
    if (isFirst) say('waiting for another process that downloads Apache Kafka')
    const owner = Number(await readFile(path, 'utf8').catch(() => ''))
    if (owner > 0 && !isAlive(owner)) await rm(path, { force: true })
    await sleep(LOCK_POLL_MS)
  }
  throw new Error(`${path} is locked by another process; remove the file if no such process runs`)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}
