import kafkajs, { type Producer } from 'kafkajs'
import type { Clock } from '../../model/clock.ts'
import type { Logger } from '../../model/logger.ts'
import type { OutgoingRecord } from '../../model/topic.ts'
import { SEND_DEADLINE_MS } from '../producer-lane.ts'
import type { OnTopicReady, TopicTransport } from '../transport.ts'
import { KafkaClient, type KafkaConnectionOptions } from './kafka-client.ts'
import { isTopicGone, toSendError } from './kafka-errors.ts'
import { toMessage } from './record-codec.ts'
import type { TopicSetup } from './topic-setup.ts'
import { within } from './within.ts'

export interface KafkaTransportOptions {
  connection: KafkaConnectionOptions
  topics: readonly string[]
  acks: 'all' | '1'
}

export interface KafkaTransportDeps {
  setup: TopicSetup
  clock: Clock
  logger: Logger
}

interface Session {
  readonly client: KafkaClient
  readonly producer: Producer
  readonly connected: Promise<void>
}

/** Beyond what a batch of ours may have: one record that a topic refuses as it is. */
const COMPRESS_ABOVE_BYTES = 900_000

const ACKS = { all: -1, '1': 1 } as const

/** Sends batches to Kafka. Trying again is the caller's: one call is one attempt. */
export class KafkaTransport implements TopicTransport {
  readonly #options: KafkaTransportOptions
  readonly #deps: KafkaTransportDeps
  #session: Session | null = null

  constructor(options: KafkaTransportOptions, deps: KafkaTransportDeps) {
    this.#options = options
    this.#deps = deps
  }

  async open(onTopicReady: OnTopicReady): Promise<void> {
    const { setup } = this.#deps
    setup.whenReady(() => {
      for (const topic of this.#options.topics) {
        const count = setup.partitionCount(topic)
        if (count !== undefined) onTopicReady(topic, count)
      }
    })
    await setup.start()
  }

  async send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    const session = (this.#session ??= this.#connect())
    try {
      await session.connected
      await session.producer.send({
        topic,
        acks: ACKS[this.#options.acks],
        // What the broker may take for it; beyond our own deadline nobody listens.
        timeout: SEND_DEADLINE_MS,
        compression: compressionOf(records),
        messages: records.map((record) => toMessage(record, partition)),
      })
    } catch (error) {
      if (isTopicGone(error)) this.#deps.setup.recheck()
      throw toSendError(error)
    }
  }

  abandon(): void {
    const session = this.#session
    this.#session = null
    session?.client.destroy()
  }

  async close(timeoutMs: number): Promise<void> {
    const session = this.#session
    this.#session = null
    if (session === null) return
    const disconnected = session.producer.disconnect()
    await within(this.#deps.clock, timeoutMs, disconnected).catch(() => undefined)
    session.client.destroy()
  }

  problem(): string | null {
    return this.#deps.setup.problem
  }

  #connect(): Session {
    const client = new KafkaClient({ ...this.#options.connection, retries: 2 }, this.#deps)
    const producer = client.kafka.producer({
      allowAutoTopicCreation: false,
      // Tried again by us, in order and within our bounds.
      retry: { retries: 0 },
      createPartitioner: () => (args) => args.message.partition ?? 0,
    })
    const session = { client, producer, connected: producer.connect() }
    session.connected.catch(() => {
      client.destroy()
      if (this.#session === session) this.#session = null
    })
    return session
  }
}

/**
 * A large book travels compressed, so that it fits a topic of 1 MiB a record: what the limit of the
 * topic is compared with is the compressed batch. All clients of Kafka read gzip, and see the same
 * bytes. Everything else is sent as it is, as compressing it would cost more than it saves.
 */
function compressionOf(records: readonly OutgoingRecord[]): kafkajs.CompressionTypes {
  const bytes = records.reduce((sum, { value }) => sum + value.length, 0)
  const { GZIP, None } = kafkajs.CompressionTypes
  return bytes > COMPRESS_ABOVE_BYTES ? GZIP : None
}
