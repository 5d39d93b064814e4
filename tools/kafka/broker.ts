import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, BrokerProcess } from './broker-process.ts'
import { dockerCommand } from './docker-broker.ts'
import { assertPortFree, findFreePort } from './free-port.ts'
import { clusterIdOf, prepareJavaBroker } from './java-broker.ts'
import { findDockerProblem, findJavaProblem } from './locate-java.ts'
import type { ExtraListener } from './server-properties.ts'

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
