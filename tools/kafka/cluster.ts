import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from './broker-process.ts'
import { startBroker } from './broker.ts'
import { findFreePorts } from './free-port.ts'
import { clusterIdOf, newClusterId } from './java-broker.ts'

export interface ClusterOptions {
  /** Number of nodes, each broker and controller. */
  count: number
  /** Port of the first broker, the others follow; default: any free ones. */
  port?: number
  /** Folder of the nodes' data folders, existing data is used; default: a temporary one. */
  dataFolder?: string
  /** Ends starts that still wait for the first answer. */
  signal?: AbortSignal
  say?: (line: string) => void
}

interface Node {
  readonly id: number
  readonly port: number
  readonly controllerPort: number
  readonly dataFolder: string
}

/** Several Kafka nodes on 127.0.0.1 as one cluster, each broker and controller. */
export class KafkaCluster {
  readonly #nodes: readonly Node[]
  readonly #clusterId: string
  readonly #options: ClusterOptions
  readonly #running = new Map<number, Broker>()
  readonly #starting = new Set<Promise<Broker>>()
  readonly #ending = new AbortController()
  readonly #dataFolder: string

  /**
   * Starts the nodes together and resolves when all of them answer requests.
   * @throws Error that names what is missing, or has the last output of a broker
   */
  static async start(options: ClusterOptions): Promise<KafkaCluster> {
    const { count, port: firstPort } = options
    const dataFolder =
      options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'orderbook-kafka-cluster-')))
    const free = await findFreePorts(2 * count)
    const nodes = Array.from({ length: count }, (_, index) => ({
      id: index + 1,
      port: firstPort === undefined ? (free[index] ?? 0) : firstPort + index,
      controllerPort: free[count + index] ?? 0,
      dataFolder: join(dataFolder, `node-${index + 1}`),
    }))
    const cluster = new KafkaCluster(options, dataFolder, nodes)
    try {
      await Promise.all(nodes.map(({ id }) => cluster.startNode(id)))
    } catch (error) {
      await cluster.kill()
      throw error
    }
    return cluster
  }

  private constructor(options: ClusterOptions, dataFolder: string, nodes: readonly Node[]) {
    this.#options = options
    this.#dataFolder = dataFolder
    this.#nodes = nodes
    const formatted = nodes.find((node) => existsSync(join(node.dataFolder, 'log/meta.properties')))
    this.#clusterId = formatted === undefined ? newClusterId() : clusterIdOf(formatted.dataFolder)
  }

  /** Addresses of all nodes, `host:port,...`. */
  get brokers(): string {
    return this.#nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')
  }

  get nodeIds(): readonly number[] {
    return this.#nodes.map(({ id }) => id)
  }

  /** Broker of a running node. @throws Error if it does not run */
  node(id: number): Broker {
    const broker = this.#running.get(id)
    if (broker === undefined) throw new Error(`node ${id} does not run`)
    return broker
  }

  /** Starts a node that does not run, on its ports and data. */
  async startNode(id: number): Promise<void> {
    const { port, controllerPort, dataFolder } = this.#node(id)
    const voters = this.#nodes.map((node) => ({ id: node.id, controllerPort: node.controllerPort }))
    const { say, signal } = this.#options
    const signals = signal === undefined ? [] : [signal]
    const starting = startBroker({
      port,
      controllerPort,
      dataFolder,
      cluster: { id, voters, clusterId: this.#clusterId },
      signal: AbortSignal.any([this.#ending.signal, ...signals]),
      ...(say === undefined ? {} : { say }),
    })
    this.#starting.add(starting)
    const broker = await starting.finally(() => this.#starting.delete(starting))
    this.#running.set(id, broker)
  }

  /** Kills a node with SIGKILL, like a power cut. */
  async killNode(id: number): Promise<void> {
    const broker = this.node(id)
    this.#running.delete(id)
    await broker.kill()
  }

  /** Stops a node cleanly: it moves its leaderships first. */
  async stopNode(id: number): Promise<void> {
    const broker = this.node(id)
    this.#running.delete(id)
    await broker.stop()
  }

  /** Deletes the data of a node that does not run, as if its machine was replaced. */
  async eraseNode(id: number): Promise<void> {
    if (this.#running.has(id)) throw new Error(`node ${id} runs`)
    await rm(this.#node(id).dataFolder, { recursive: true, force: true })
  }

  /** Stops all nodes cleanly, also those that are starting. Removes a temporary data folder. Idempotent. */
  async stop(): Promise<void> {
    await this.#end((broker) => broker.stop())
  }

  /** Kills all nodes: the last ones of a cluster take long to stop, as they have no quorum. */
  async kill(): Promise<void> {
    await this.#end((broker) => broker.kill())
  }

  async #end(how: (broker: Broker) => Promise<void>): Promise<void> {
    this.#ending.abort()
    await Promise.allSettled(this.#starting)
    await Promise.all([...this.#running.values()].map(how))
    this.#running.clear()
    if (this.#options.dataFolder !== undefined) return
    await rm(this.#dataFolder, { recursive: true, force: true })
  }

  #node(id: number): Node {
    const node = this.#nodes.find((each) => each.id === id)
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }
}
