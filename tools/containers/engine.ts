import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { output, type RunOptions } from '../ops/programs.ts'
import { findProgram } from '../stack/find-program.ts'

const DAEMON = '/usr/sbin/dockerd'
/** Debian's client: another one on the PATH may need another engine. */
export const CLIENT = '/usr/bin/docker'
/** Namespaces of a run: no port collides, nothing reaches the network, and all of it ends with the first process. */
export const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--mount-proc']
const START_MS = 30_000
const POLL_MS = 100

/** Why no engine can run here; null if one can. */
export function findEngineProblem(): string | null {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`
  const missing = [
    ...[DAEMON, CLIENT].filter((file) => !existsSync(file)).map(() => 'docker.io'),
    ...['docker-compose', 'iptables', 'ip'].filter((name) => findProgram([name], path) === null),
  ]
  if (missing.length > 0) {
    const packages = [...new Set(missing)].map((name) => (name === 'ip' ? 'iproute2' : name))
    return `no container engine (apt-get install ${packages.join(' ')})`
  }
  if (process.getuid?.() !== 0) return 'a container engine needs root'
  if (!readFileSync('/proc/filesystems', 'utf8').includes('\toverlay\n')) {
    return 'the kernel has no overlay file system'
  }
  const { status } = spawnSync('unshare', [...NAMESPACES, 'true'])
  return status === 0 ? null : 'namespaces are not allowed here'
}

/** A container engine of its own, without any image, in the namespaces of this process. */
export class Engine {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly #folder: string
  #daemon: ChildProcess | null = null

  /** @param folder for images and containers, on a disk that overlay file systems can be on */
  constructor(folder: string) {
    this.#folder = folder
    const { PATH = '', HOME } = process.env
    this.environment = {
      PATH: `${PATH}:/usr/sbin:/sbin`,
      HOME,
      DOCKER_HOST: `unix://${join(folder, 'docker.sock')}`,
      DOCKER_CONFIG: join(folder, 'client'),
    }
  }

  /** @throws Error with the log of the engine if it does not answer in time */
  async start(): Promise<void> {
    mkdirSync(join(this.#folder, 'client'), { recursive: true })
    await output('ip', ['link', 'set', 'lo', 'up'], { env: this.environment })
    const logFile = join(this.#folder, 'dockerd.log')
    const log = openSync(logFile, 'a')
    const folders = ['--data-root', 'data', '--exec-root', 'run', '--pidfile', 'pid'].map((word) =>
      word.startsWith('--') ? word : join(this.#folder, word),
    )
    const args = [...folders, '--host', this.environment['DOCKER_HOST'] ?? '', '--log-level=warn']
    this.#daemon = spawn(DAEMON, args, { stdio: ['ignore', log, log], env: this.environment })
    const endMs = performance.now() + START_MS
    for (;;) {
      const answer = await this.docker(['info']).catch((error: unknown) => error)
      if (typeof answer === 'string') return
      if (this.#daemon.exitCode !== null || performance.now() > endMs) {
        throw new Error(`dockerd did not start:\n${readFileSync(logFile, 'utf8').slice(-4000)}`)
      }
      await sleep(POLL_MS)
    }
  }

  /** Runs the client and returns its stdout, trimmed. @throws Error with its output if it fails */
  async docker(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { stdout } = await output(CLIENT, args, { env: this.environment, ...options })
    return stdout.trim()
  }
}
