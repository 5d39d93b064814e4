import { join } from 'node:path'
import { parse } from 'yaml'
import {
  type ComposeFile,
  type EnvFile,
  isSelected,
  readSelection,
  type Selection,
} from '../ops/containers/compose-file.ts'
import { output } from '../ops/programs.ts'
import { CLIENT, type Engine } from './engine.ts'

const IMAGE = 'orderbook-exporter:0.1.0'
const BUILD_MS = 300_000
const UP_MS = 180_000

/** Published addresses, as in docs/containers.md. */
export const ADDRESSES = {
  all: 'http://127.0.0.1:9464',
  producer: 'http://127.0.0.1:9465',
  consumers: ['http://127.0.0.1:9466', 'http://127.0.0.1:9467'],
  prometheus: 'http://127.0.0.1:9090',
  alertmanager: 'http://127.0.0.1:9093',
  grafana: 'http://127.0.0.1:3000',
  kafka: '127.0.0.1:29092',
} as const

export interface ComposeOptions {
  /** Default: that of the stack. */
  readonly envFile?: string
  readonly variables?: Readonly<Record<string, string>>
}

/** What `docker inspect` says of a container, as far as it is read. */
export interface Container {
  readonly id: string
  readonly name: string
  readonly pid: number
  readonly user: string
  readonly isReadOnly: boolean
  readonly isOutOfMemory: boolean
  readonly exitCode: number
  readonly restartPolicy: string
  /** null: no health check. */
  readonly health: string | null
}

interface Inspected {
  readonly Id: string
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> }
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean
    readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number }
  }
  readonly State: {
    readonly Pid: number
    readonly OOMKilled: boolean
    readonly ExitCode: number
    readonly Health?: { readonly Status: string }
  }
}

/** The compose stack of a project folder on an engine. */
export class ContainerStack {
  readonly image = IMAGE
  readonly engine: Engine
  readonly folder: string
  readonly #envFile: string
  readonly #selection: Selection

  /** @param envFile file of variables in the folder; default: with the simulated exchange */
  constructor(engine: Engine, folder: string, envFile: EnvFile = 'offline.env') {
    this.engine = engine
    this.folder = folder
    this.#envFile = envFile
    this.#selection = readSelection(folder, envFile)
  }

  /** Prefix of everything that the stack makes. */
  get projectName(): string {
    return this.#selection.projectName
  }

  /** Builds the image without a network. @throws Error with the output of the build */
  async build(): Promise<void> {
    const env = { ...this.engine.environment, DOCKER_BUILDKIT: '1' }
    const args = ['build', '--network', 'none', '--progress', 'plain', '--tag', IMAGE, this.folder]
    await this.engine.docker(args, { env, timeoutMs: BUILD_MS })
  }

  /**
   * Runs docker-compose in the project folder; stdout.
   * @param variables override those of the file
   * @throws Error with its output if it fails
   */
  async compose(
    args: readonly string[],
    { envFile = this.#envFile, variables = {} }: ComposeOptions = {},
  ): Promise<string> {
    const { stdout } = await output('docker-compose', ['--env-file', envFile, ...args], {
      cwd: this.folder,
      env: { ...this.engine.environment, ...variables },
      timeoutMs: UP_MS,
    })
    return stdout.trim()
  }

  async up(): Promise<void> {
    await this.compose(['up', '--detach', '--no-build'])
  }

  /** Removes containers, network and data. */
  async remove(): Promise<void> {
    const ids = await this.ids()
    // Quicker than a stop in order, and a container may ignore that.
    if (ids.length > 0) await this.engine.docker(['rm', '--force', ...ids])
    await this.compose(['down', '--volumes'])
  }

  /** Docker's id of a container of the stack. */
  idOf(service: string): Promise<string> {
    return this.compose(['ps', '-q', service])
  }

  /** Ids of all containers, also stopped ones. */
  async ids(): Promise<string[]> {
    return words(await this.engine.docker(['ps', '--all', '--quiet']))
  }

  async containers(): Promise<Container[]> {
    const ids = await this.ids()
    if (ids.length === 0) return []
    const inspected = JSON.parse(await this.engine.docker(['inspect', ...ids])) as Inspected[]
    return inspected.map(({ Id, Config, HostConfig, State }) => ({
      id: Id,
      name: Config.Labels['com.docker.compose.service'] ?? '',
      pid: State.Pid,
      user: Config.User,
      isReadOnly: HostConfig.ReadonlyRootfs,
      isOutOfMemory: State.OOMKilled,
      exitCode: State.ExitCode,
      restartPolicy: `${HostConfig.RestartPolicy.Name}:${HostConfig.RestartPolicy.MaximumRetryCount}`,
      health: State.Health?.Status ?? null,
    }))
  }

  /** The last line that a container wrote, cut. */
  async lastLine(id: string): Promise<string> {
    // Programs write their errors to stderr, which the client passes on as its own.
    const { stdout, stderr } = await output(CLIENT, ['logs', '--tail', '1', id], {
      env: this.engine.environment,
    })
    return `${stdout}${stderr}`.trim().slice(0, 300)
  }

  /** Services of the profiles, by name. */
  async services(): Promise<string[]> {
    const { services } = parse(await this.compose(['config'])) as ComposeFile
    return Object.entries(services)
      .filter(([, service]) => isSelected(service, this.#selection))
      .map(([name]) => name)
  }

  /** The last lines of every container, cut, for a failure. */
  async logs(): Promise<string> {
    const logs = await this.compose(['logs', '--no-color', '--tail', '15']).catch(String)
    return logs.replaceAll(/^(.{300}).*$/gm, '$1...')
  }

  /** Path of a file of the project. */
  path(...names: string[]): string {
    return join(this.folder, ...names)
  }
}

/** Words of a program's output. */
export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
