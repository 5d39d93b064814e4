import { execFile } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { needs } from './needs.ts'
import { pythonPackages } from './python-packages.ts'

const KAFKA_PYTHON = 'kafka-python==3.0.12'
const SCRIPT = fileURLToPath(new URL('foreign_client.py', import.meta.url))
const TIMEOUT_MS = 60_000
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024

const run = promisify(execFile)

/** A record read by a client that shares no code with the service. */
export interface ForeignRecord {
  readonly key: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  /** `frame`, or the header `kind`. */
  readonly kind: string
  readonly value: string
}

/** Options for tests with the foreign client, which needs Python. */
export const needsForeignClient = () => needs('python')

/** kafka-python at a broker: shares no code with the client of the service. */
export class ForeignClient {
  readonly #brokers: string

  /** @param brokers `host:port,...` */
  constructor(brokers: string) {
    this.#brokers = brokers
  }

  /** End offset of each partition. */
  async ends(topic: string): Promise<ReadonlyMap<number, number>> {
    const ends = (await this.#ask('ends', topic)) as Record<string, number>
    return new Map(Object.entries(ends).map(([partition, end]) => [Number(partition), end]))
  }

  /** Every record of a topic, in the order of each partition. */
  async records(topic: string): Promise<readonly ForeignRecord[]> {
    return (await this.#ask('records', topic)) as ForeignRecord[]
  }

  /** Adds partitions until there are `count`. */
  async addPartitions(topic: string, count: number): Promise<void> {
    await this.#ask('partitions', topic, String(count))
  }

  async setConfig(topic: string, name: string, value: string): Promise<void> {
    await this.#ask('config', topic, `${name}=${value}`)
  }

  async create(topic: string, partitions: number): Promise<void> {
    await this.#ask('create', topic, String(partitions))
  }

  async delete(topic: string): Promise<void> {
    await this.#ask('delete', topic)
  }

  /** Id of the node that is the active controller of the cluster. */
  async activeController(): Promise<number> {
    return (await this.#ask('controller', '-')) as number
  }

  async #ask(command: string, topic: string, ...rest: string[]): Promise<unknown> {
    const packages = await pythonPackages(KAFKA_PYTHON)
    const { stdout } = await run('python3', [SCRIPT, this.#brokers, command, topic, ...rest], {
      env: { PATH: process.env['PATH'] ?? '', PYTHONPATH: packages },
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    })
    return JSON.parse(stdout)
  }
}
