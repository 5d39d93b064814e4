import kafkajs, { type Message, type Producer, type RecordMetadata } from 'kafkajs'
import type { Logger } from '../../model/telemetry.ts'
import type { OutgoingRecord } from '../../model/topic.ts'
import type { Clock } from '../../time/clock.ts'
import { withTimeout } from '../../time/deadline.ts'
import { SEND_DEADLINE_MS } from '../producer/partition-sender.ts'
import { type OnTopicReady, SendError, type TopicTransport } from '../producer/transport.ts'
import { KafkaClient, type KafkaConnectionOptions } from './client.ts'
import { isTopicGone, toSendError } from './errors.ts'
import { encodeProduceRequests } from './produce/produce-hook.ts'
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
  /** Sends awaiting a response. */
  sends: number
}

/** Above the batch limit: only a single large record, which the topic would reject uncompressed. */
const COMPRESS_ABOVE_BYTES = 900_000

const ACKS = { all: -1, '1': 1 } as const

/** Sends batches to Kafka. One call is one attempt; the caller retries. */
export class KafkaTransport implements TopicTransport {
  readonly #options: KafkaTransportOptions
  readonly #deps: KafkaTransportDeps
  #session: Session | null = null
  /** Clients that get no new sends but still await responses. */
  readonly #retired = new Set<Session>()
  /** Partition counts in the metadata of the client, by topic. */
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

  /**
   * Sends a batch. Succeeds only if the response has the offset of the records: see
   * `isAcknowledged`.
   */
  async send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    const session = (this.#session ??= this.#connect())
    session.sends += 1
    try {
      await session.connected
      const answers = await session.producer.send({
        topic,
        acks: ACKS[this.#options.acks],
        // Timeout of the broker; after our own deadline the response is ignored.
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
   * Makes the next send use a new client, which loads new metadata: kafkajs has no other way to
   * reload it and caches it by the wall clock. Pending sends end with the old client.
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
    encodeProduceRequests(client.kafka)
    const producer = client.kafka.producer({
      allowAutoTopicCreation: false,
      // We retry ourselves, in order and within our limits.
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
 * Whether the response has the offset of the records. kafkajs omits partitions that its metadata
 * does not know from a request, and resolves nevertheless.
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

/**
 * Nothing was written: the client does not know the partition, and perhaps the broker does not
 * either.
 */
function unacknowledged(topic: string, partition: number): SendError {
  const message = `${topic}/${partition}: the response has no offset, records were not acknowledged`
  return new SendError('broker', message)
}

function disconnect({ client, producer }: Session): void {
  void producer
    .disconnect()
    .catch(() => undefined)
    .then(() => client.destroy())
}

/**
 * Compresses a large record so that it fits a topic with the default limit of 1 MiB, which applies
 * to the compressed batch. Uses gzip, which all Kafka clients can read. Everything else is sent
 * uncompressed, as compression would cost more than it saves.
 */
function compressionOf(records: readonly OutgoingRecord[]): kafkajs.CompressionTypes {
  const bytes = records.reduce((sum, { value }) => sum + value.length, 0)
  const { GZIP, None } = kafkajs.CompressionTypes
  return bytes > COMPRESS_ABOVE_BYTES ? GZIP : None
}

/**
 * Converts a record to a kafkajs message, with our partition; without the headers field if there
 * are none.
 */
function toMessage(record: OutgoingRecord, partition: number): Message {
  const { key, value, timestampMs, headers } = record
  const message: Message = { key, value, partition, timestamp: String(Math.trunc(timestampMs)) }
  if (headers !== undefined) message.headers = headers
  return message
}
