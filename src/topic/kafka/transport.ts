import kafkajs, { type Message, type Producer, type RecordMetadata } from 'kafkajs'
import type { Logger } from '../../model/telemetry.ts'
import type { OutgoingRecord } from '../../model/topic.ts'
import type { Clock } from '../../time/clock.ts'
import { withTimeout } from '../../time/deadline.ts'
import { SEND_DEADLINE_MS } from '../producer/partition-sender.ts'
import { type OnTopicReady, SendError, type TopicTransport } from '../producer/transport.ts'
import { KafkaClient, type KafkaConnectionOptions } from './client.ts'
import { isTopicGone, toSendError } from './errors.ts'
import type { TopicProvisioner } from './topic-provisioner.ts'

export interface KafkaTransportOptions {
  connection: KafkaConnectionOptions
  topics: readonly string[]
  acks: 'all' | '1'
}

export interface KafkaTransportDeps {
  setup: TopicProvisioner
  clock: Clock
  logger: Logger
}

interface Session {
  readonly client: KafkaClient
  readonly producer: Producer
  readonly connected: Promise<void>
  /** Sends that wait for their answer. */
  sends: number
}

/** Beyond what a batch of ours may have: one record that a topic refuses as it is. */
const COMPRESS_ABOVE_BYTES = 900_000

const ACKS = { all: -1, '1': 1 } as const

/** Sends batches to Kafka. Trying again is the caller's: one call is one attempt. */
export class KafkaTransport implements TopicTransport {
  readonly #options: KafkaTransportOptions
  readonly #deps: KafkaTransportDeps
  #session: Session | null = null
  /** Clients that get no sends any more, but still wait for answers. */
  readonly #retired = new Set<Session>()
  /** The partitions that the client's metadata was loaded for, by topic. */
  readonly #partitionCounts = new Map<string, number>()

  constructor(options: KafkaTransportOptions, deps: KafkaTransportDeps) {
    this.#options = options
    this.#deps = deps
  }

  async open(onTopicReady: OnTopicReady): Promise<void> {
    const { setup } = this.#deps
    setup.whenReady((isRecreated) => {
      if (isRecreated) this.#retire()
      for (const topic of this.#options.topics) {
        const count = setup.partitionCount(topic)
        if (count === undefined) continue
        const known = this.#partitionCounts.get(topic)
        this.#partitionCounts.set(topic, count)
        if (known !== undefined && known !== count) this.#retire()
        onTopicReady(topic, count)
      }
    })
    await setup.start()
  }

  /** An answer counts only where it names the place of the records: see `isAcknowledged`. */
  async send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    const session = (this.#session ??= this.#connect())
    session.sends += 1
    try {
      await session.connected
      const answers = await session.producer.send({
        topic,
        acks: ACKS[this.#options.acks],
        // What the broker may take for it; beyond our own deadline nobody listens.
        timeout: SEND_DEADLINE_MS,
        compression: compressionOf(records),
        messages: records.map((record) => toMessage(record, partition)),
      })
      if (!isAcknowledged(answers, topic, partition)) {
        if (session === this.#session) this.#retire()
        throw unacknowledged(topic, partition)
      }
    } catch (error) {
      if (isTopicGone(error) || error instanceof SendError) this.#deps.setup.recheck()
      throw toSendError(error)
    } finally {
      session.sends -= 1
      if (session.sends === 0 && this.#retired.delete(session)) disconnect(session)
    }
  }

  abandon(): void {
    const session = this.#session
    this.#session = null
    session?.client.destroy()
    for (const retired of this.#retired) retired.client.destroy()
  }

  async close(timeoutMs: number): Promise<void> {
    const session = this.#session
    this.#session = null
    for (const retired of this.#retired) retired.client.destroy()
    if (session === null) return
    const disconnected = session.producer.disconnect()
    await withTimeout(this.#deps.clock, timeoutMs, disconnected).catch(() => undefined)
    session.client.destroy()
  }

  problem(): string | null {
    return this.#deps.setup.problem
  }

  /**
   * The next send begins with a new client, and so with new metadata: kafkajs offers no other way to
   * load it, and keeps it by the wall clock. What is under way ends with the old one.
   */
  #retire(): void {
    const session = this.#session
    this.#session = null
    if (session === null) return
    if (session.sends > 0) this.#retired.add(session)
    else disconnect(session)
  }

  #connect(): Session {
    const client = new KafkaClient({ ...this.#options.connection, retries: 2 }, this.#deps)
    const producer = client.kafka.producer({
      allowAutoTopicCreation: false,
      // Tried again by us, in order and within our bounds.
      retry: { retries: 0 },
      createPartitioner: () => (args) => args.message.partition ?? 0,
    })
    const session = { client, producer, connected: producer.connect(), sends: 0 }
    session.connected.catch(() => {
      client.destroy()
      if (this.#session === session) this.#session = null
    })
    return session
  }
}

/**
 * Whether the broker says where in the partition the records are. kafkajs leaves partitions out of a
 * request that its metadata does not know, and resolves all the same.
 */
export function isAcknowledged(
  answers: readonly RecordMetadata[],
  topic: string,
  partition: number,
): boolean {
  return answers.some(
    (answer) =>
      answer.topicName === topic &&
      answer.partition === partition &&
      answer.errorCode === 0 &&
      /^\d+$/.test(answer.baseOffset ?? answer.offset ?? ''),
  )
}

/** What was sent went nowhere: the client does not know the partition, nor perhaps does the broker. */
function unacknowledged(topic: string, partition: number): SendError {
  const message = `${topic}/${partition}: the answer has no offset, so nothing was acknowledged`
  return new SendError('broker', message)
}

function disconnect({ client, producer }: Session): void {
  void producer
    .disconnect()
    .catch(() => undefined)
    .then(() => client.destroy())
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

/** A record as kafkajs sends it. The partition is ours to say; no headers are sent where there are none. */
function toMessage(record: OutgoingRecord, partition: number): Message {
  const { key, value, timestampMs, headers } = record
  const message: Message = { key, value, partition, timestamp: String(Math.trunc(timestampMs)) }
  if (headers !== undefined) message.headers = headers
  return message
}
