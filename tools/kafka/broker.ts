import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerProcess } from './broker-process.ts'
import { dockerCommand } from './docker-broker.ts'
import { assertPortFree, findFreePort } from './free-port.ts'
import { clusterIdOf, prepareJavaBroker } from './java-broker.ts'
import type { ExtraListener } from './server-properties.ts'
import { findDockerProblem, findJavaProblem } from './locate-java.ts'

export interface BrokerOptions {
  /** Port of the clients on 127.0.0.1; any free one if left out. */
  port?: number
  /** Port of the controller; any free one if left out. Give both to start again on old data. */
  controllerPort?: number
  /** Folder of the data, used as it is found; a temporary one, removed at the end, if left out. */
  dataFolder?: string
  /** Listeners beside the first one, with TLS, a login, or a proxy before them; with Java only. */
  extraListeners?: readonly ExtraListener[]
  /** Further properties of the node; with Java only. */
  properties?: Readonly<Record<string, string>>
  /** A node whose cluster this one joins, as a second broker; with Java only. */
  joins?: Pick<Broker, 'controllerPort' | 'dataFolder'>
  /** File that its log is appended to; `broker.log` in the folder of the data if left out. */
  logFile?: string
  /** Takes progress, line by line. */
  say?: (line: string) => void
}

export interface Broker {
  /** `host:port` for clients. */
  readonly brokers: string
  readonly port: number
  readonly controllerPort: number
  readonly dataFolder: string
  readonly logFile: string
  /** Process that runs the broker (or the Docker client that shows it). */
  readonly pid: number
  /** Resolves when the process has ended, with its exit code; null after a signal. */
  readonly exited: Promise<number | null>
  /** Ends it cleanly; by force after 20 s. Idempotent. Removes a temporary data folder. */
  stop(): Promise<void>
  /** Ends it by SIGKILL, as a power cut would. The data stays, also a temporary folder. */
  kill(): Promise<void>
  /** The end of what it said, some lines; to tell why it ended. */
  lastOutput(): string
  /** SIGSTOP and SIGCONT: a broker that is there but answers nothing. */
  pause(): void
  resume(): void
}

/**
 * Starts a single Kafka node (KRaft) on 127.0.0.1, with Java where that can be had, else with Docker,
 * and resolves when it takes connections. Existing data is used, never formatted again.
 * @throws Error that names what is missing, or what the broker said.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const say = options.say ?? (() => undefined)
  const javaProblem = findJavaProblem()
  const dockerProblem = javaProblem === null ? null : findDockerProblem()
  if (dockerProblem !== null) {
    throw new Error(`no broker can be run: ${javaProblem ?? ''}; and ${dockerProblem}`)
  }
  if (options.port !== undefined) await assertPortFree(options.port)
  const isTemporary = options.dataFolder === undefined
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'orderbook-kafka-')))
  // Docker would make what is missing of a mounted path, and root would own it.
  await mkdir(join(dataFolder, 'log'), { recursive: true })
  try {
    const place = {
      ...(options.extraListeners === undefined ? {} : { extraListeners: options.extraListeners }),
      ...(options.properties === undefined ? {} : { properties: options.properties }),
      ...(options.joins === undefined
        ? {}
        : {
            joinsControllerPort: options.joins.controllerPort,
            clusterId: clusterIdOf(options.joins.dataFolder),
          }),
      port: options.port ?? (await findFreePort()),
      controllerPort: options.controllerPort ?? (await findFreePort()),
      dataFolder,
      logFile: options.logFile ?? join(dataFolder, 'broker.log'),
    }
    const command =
      javaProblem === null ? await prepareJavaBroker(place, say) : dockerCommand(place, isTemporary)
    return await BrokerProcess.start({ ...place, command, isTemporary })
  } catch (error) {
    if (isTemporary) await rm(dataFolder, { recursive: true, force: true })
    throw error
  }
}
