import type { Logger } from '../../model/telemetry.ts'
import type { OutgoingRecord } from '../../model/topic.ts'
import type { Clock } from '../../time/clock.ts'
import {
  type OnTopicReady,
  SendError,
  type SendOptions,
  type TopicTransport,
} from '../producer/transport.ts'
import { TopicWriter, type TopicWriterOptions } from './produce/topic-writer.ts'
import type { TopicProvisioner } from './topic-provisioner.ts'

export type KafkaTransportOptions = Omit<TopicWriterOptions, 'topic'>

export interface KafkaTransportDeps {
  /** By topic. */
  setups: ReadonlyMap<string, TopicProvisioner>
  clock: Clock
  logger: Logger
}

/** Sends batches to Kafka, each topic with connections of its own. */
export class KafkaTransport implements TopicTransport {
  readonly #writers = new Map<string, TopicWriter>()

  constructor(options: KafkaTransportOptions, { setups, ...deps }: KafkaTransportDeps) {
    for (const [topic, setup] of setups) {
      this.#writers.set(topic, new TopicWriter({ ...options, topic }, { ...deps, setup }))
    }
  }

  async open(onTopicReady: OnTopicReady): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.open(onTopicReady)))
  }

  send(
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
    options: SendOptions = {},
  ): Promise<void> {
    const writer = this.#writers.get(topic)
    if (writer === undefined) throw new SendError('broker', `unknown topic ${topic}`)
    return writer.send(partition, records, options)
  }

  abandon(topic: string): void {
    this.#writers.get(topic)?.abandon()
  }

  async close(timeoutMs: number): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.close(timeoutMs)))
  }

  problem(topic: string): string | null {
    return this.#writers.get(topic)?.problem ?? null
  }
}
