import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, BrokerProcess } from './broker-process.ts'
import { dockerCommand } from './docker-broker.ts'
import { assertPortFree, findFreePort } from './free-port.ts'
import { clusterIdOf, prepareJavaBroker } from './java-broker.ts'
import { findDockerProblem, findJavaProblem } from './locate-java.ts'
import type { ClusterPlace, ExtraListener } from './server-properties.ts'

export interface BrokerOptions {
  /** Port for clients on 127.0.0.1; default: any free one. */
  port?: number
  /** Port of the controller; default: any free one. Give both to restart on existing data. */
  controllerPort?: number
  /** Data folder, existing data is used; default: a temporary one, removed at the end. */
  dataFolder?: string
  /** Further listeners with TLS, SASL or a proxy; with Java only. */
  extraListeners?: readonly ExtraListener[]
  /** Additional node properties; with Java only. */
  properties?: Readonly<Record<string, string>>
  /** A node whose cluster this one joins as a second broker; with Java only. */
  joins?: Pick<Broker, 'controllerPort' | 'dataFolder'>
  /** Node of a cluster whose nodes start together; with Java only. */
  cluster?: ClusterPlace & { readonly clusterId: string }
  /** File that the log is appended to; default: `broker.log` in the data folder. */
  logFile?: string
  /** Ends a start that still waits for the first answer. */
  signal?: AbortSignal
  /** Receives progress, line by line. */
  say?: (line: string) => void
}

/**
 * Starts a single Kafka node (KRaft) on 127.0.0.1, with Java where available, else with Docker,
 * and resolves when it answers requests. Existing data is never formatted again.
 * @throws Error that names what is missing, or has the last output of the broker
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const say = options.say ?? (() => undefined)
  const javaProblem = findJavaProblem()
  const dockerProblem = javaProblem === null ? null : findDockerProblem()
  if (dockerProblem !== null) {
    throw new Error(`no broker available: ${javaProblem ?? ''}; and ${dockerProblem}`)
  }
  const cluster = options.cluster ?? secondNodeOf(options.joins)
  if (javaProblem !== null && cluster !== undefined) {
    throw new Error(`a cluster needs Java: ${javaProblem}`)
  }
  if (options.port !== undefined) await assertPortFree(options.port)
  const isTemporary = options.dataFolder === undefined
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'orderbook-kafka-')))
  // Docker would create a missing mount path, owned by root.
  await mkdir(join(dataFolder, 'log'), { recursive: true })
  try {
    const place = {
      ...(options.extraListeners === undefined ? {} : { extraListeners: options.extraListeners }),
      ...(options.properties === undefined ? {} : { properties: options.properties }),
      ...(cluster === undefined ? {} : { cluster, clusterId: cluster.clusterId }),
      port: options.port ?? (await findFreePort()),
      controllerPort: options.controllerPort ?? (await findFreePort()),
      dataFolder,
      logFile: options.logFile ?? join(dataFolder, 'broker.log'),
    }
    const command =
      javaProblem === null ? await prepareJavaBroker(place, say) : dockerCommand(place, isTemporary)
    return await BrokerProcess.start({ ...place, command, isTemporary, signal: options.signal })
  } catch (error) {
    if (isTemporary) await rm(dataFolder, { recursive: true, force: true })
    throw error
  }
}

function secondNodeOf(first: BrokerOptions['joins']): BrokerOptions['cluster'] {
  if (first === undefined) return undefined
  const { controllerPort, dataFolder } = first
  return { id: 2, voters: [{ id: 1, controllerPort }], clusterId: clusterIdOf(dataFolder) }
}
