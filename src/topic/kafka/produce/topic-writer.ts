import { nextTick } from 'node:process'
import kafkajs, {
  type Message,
  type PartitionMetadata,
  type Producer,
  type RecordMetadata,
} from 'kafkajs'
import type { Logger } from '../../../model/telemetry.ts'
import type { OutgoingRecord } from '../../../model/topic.ts'
import type { Clock } from '../../../time/clock.ts'
import { withTimeout } from '../../../time/deadline.ts'
import { SEND_DEADLINE_MS } from '../../producer/partition-sender.ts'
import {
  type OnTopicReady,
  SendError,
  type SendOptions,
  type TopicTransport,
} from '../../producer/transport.ts'
import { KafkaClient, type KafkaConnectionOptions } from '../client.ts'
import { isTopicGone, readKafkaError, toSendError } from '../errors.ts'
import { groupedMessages } from './message-groups.ts'
import { encodeProduceRequests } from './produce-hook.ts'
import type { TopicProvisioner } from '../topic-provisioner.ts'

export interface TopicWriterOptions {
  connection: KafkaConnectionOptions
  acks: 'all' | '1'
  topic: string
}

export interface TopicWriterDeps {
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

/**
 * The batch limit: only a batch of one large record exceeds it, which might be rejected
 * uncompressed.
 */
const COMPRESS_ABOVE_BYTES = 900_000

/**
 * Limit of the records of one request: far below what brokers accept (`socket.request.max.bytes`,
 * 100 MiB), however many partitions a broker leads.
 */
const REQUEST_MAX_BYTES = 4_194_304

const ACKS = { all: -1, '1': 1 } as const

/** The batch of one partition of the topic. */
export interface PartitionBatch {
  readonly partition: number
  readonly records: readonly OutgoingRecord[]
  /** Sum of the values, bytes. */
  readonly valueBytes: number
}

/** Outcome of one batch of a request: null = acknowledged. */
export type BatchOutcome = Error | null

export interface ProduceRequestsDeps {
  /** Broker that leads a partition; undefined while unknown. */
  leaderOf(partition: number): number | undefined
  /**
   * Sends one request. Resolves with the outcome of each batch; rejects if the request failed as a
   * whole.
   */
  request(batches: readonly PartitionBatch[]): Promise<readonly BatchOutcome[]>
  /**
   * Whether the broker answered a failed request with an error of one of its batches: the others
   * may be written, and each is sent again by itself.
   */
  isFaultOfOne(error: unknown): boolean
}

interface Waiting extends PartitionBatch {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Sends the batches of one topic, those of one tick of the event loop in one request per broker. One
 * call is one attempt; the caller retries.
 */
export class TopicWriter implements TopicTransport {
  readonly #options: TopicWriterOptions
  readonly #deps: TopicWriterDeps
  #session: Session | null = null
  /** Clients that get no new sends but still await responses. */
  readonly #retired = new Set<Session>()
  /** Partition count in the metadata of the client. */
  #partitionCount: number | undefined
  readonly #requests: ProduceRequests
  readonly #leaders = new Leaders()

  constructor(options: TopicWriterOptions, deps: TopicWriterDeps) {
    this.#options = options
    this.#deps = deps
    this.#requests = new ProduceRequests({
      leaderOf: (partition) => this.#leaders.of(partition),
      request: (batches) => this.#request(batches),
      isFaultOfOne: (error) => readKafkaError(error).types.length > 0,
    })
  }

  async open(onTopicReady: OnTopicReady): Promise<void> {
    const { setup } = this.#deps
    setup.whenReady((isRecreated) => {
      const count = setup.partitionCount
      if (count === undefined) return
      const known = this.#partitionCount
      this.#partitionCount = count
      if (isRecreated || (known !== undefined && known !== count)) this.#retire()
      onTopicReady(count)
    })
    await setup.start()
  }

  /**
   * Sends a batch. Succeeds only if the response has the offset of the records: see
   * `isAcknowledged`.
   */
  async send(
    partition: number,
    records: readonly OutgoingRecord[],
    { isAlone = false }: SendOptions = {},
  ): Promise<void> {
    const mismatch = this.#deps.setup.mismatch()
    if (mismatch !== null) {
      this.#deps.setup.recheck()
      throw new SendError('broker', mismatch)
    }
    const valueBytes = records.reduce((sum, { value }) => sum + value.length, 0)
    // Compression is set per request.
    const isLarge = valueBytes > COMPRESS_ABOVE_BYTES
    try {
      await this.#requests.send({ partition, records, valueBytes }, { isAlone: isAlone || isLarge })
    } catch (error) {
      throw toSendError(error)
    }
  }

  async #request(batches: readonly PartitionBatch[]): Promise<BatchOutcome[]> {
    const { topic, acks } = this.#options
    const session = (this.#session ??= this.#connect())
    session.sends += 1
    try {
      await session.connected
      const answers = await session.producer.send({
        topic,
        acks: ACKS[acks],
        // Timeout of the broker; after our own deadline the response is ignored.
        timeout: SEND_DEADLINE_MS,
        compression: compressionOf(batches),
        messages: groupedMessages(
          batches.map(({ partition, records }) => ({
            partition,
            messages: records.map((record) => toMessage(record, partition)),
          })),
        ),
      })
      const outcomes = batches.map(({ partition }) =>
        isAcknowledged(answers, topic, partition) ? null : unacknowledged(topic, partition),
      )
      if (outcomes.some((outcome) => outcome !== null)) {
        if (session === this.#session) this.#retire()
        this.#deps.setup.recheck()
      }
      return outcomes
    } catch (error) {
      if (isTopicGone(error)) this.#deps.setup.recheck()
      throw error
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

  get problem(): string | null {
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
      createPartitioner: () => (args) => {
        this.#leaders.update(args.partitionMetadata)
        return args.message.partition ?? 0
      },
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
 * Creates the error of a batch that was not written because the client does not know its partition;
 * perhaps the broker does not know it either.
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
function compressionOf(batches: readonly PartitionBatch[]): kafkajs.CompressionTypes {
  const { GZIP, None } = kafkajs.CompressionTypes
  return batches.some(({ valueBytes }) => valueBytes > COMPRESS_ABOVE_BYTES) ? GZIP : None
}

/**
 * Puts batches that are sent in the same tick of the event loop into one request per broker: a
 * request costs client and broker about the same for one partition as for all.
 */
export class ProduceRequests {
  readonly #deps: ProduceRequestsDeps
  #waiting: Waiting[] = []

  constructor(deps: ProduceRequestsDeps) {
    this.#deps = deps
  }

  /**
   * Resolves when the batch is acknowledged.
   * @param isAlone whether it gets a request of its own, so that its error fails no other batch
   */
  send(batch: PartitionBatch, { isAlone }: { isAlone: boolean }): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = { ...batch, resolve, reject }
      if (isAlone) {
        void this.#request([waiting])
        return
      }
      this.#waiting.push(waiting)
      // After the reactions to the responses of this tick, which send the next batches.
      if (this.#waiting.length === 1) nextTick(() => this.#flush())
    })
  }

  #flush(): void {
    const groups = new Map<number | undefined, { bytes: number; batches: Waiting[] }>()
    const waiting = this.#waiting
    this.#waiting = []
    for (const batch of waiting) {
      const leader = this.#deps.leaderOf(batch.partition)
      let group = groups.get(leader)
      if (group !== undefined && group.bytes + batch.valueBytes > REQUEST_MAX_BYTES) {
        void this.#request(group.batches)
        group = undefined
      }
      if (group === undefined) {
        group = { bytes: 0, batches: [] }
        groups.set(leader, group)
      }
      group.bytes += batch.valueBytes
      group.batches.push(batch)
    }
    for (const { batches } of groups.values()) void this.#request(batches)
  }

  /** Never rejects: the outcome is that of the batches. */
  async #request(batches: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#deps.request(batches)
      for (const [index, batch] of batches.entries()) {
        const outcome = outcomes[index]
        if (outcome === null) batch.resolve()
        else batch.reject(outcome)
      }
    } catch (error) {
      if (batches.length > 1 && this.#deps.isFaultOfOne(error)) {
        for (const batch of batches) void this.#request([batch])
        return
      }
      for (const { reject } of batches) reject(error)
    }
  }
}

/** Leaders of the partitions, as kafkajs knows them. */
class Leaders {
  #metadata: readonly PartitionMetadata[] = []
  #leaders: ReadonlyMap<number, number> = new Map()

  /** Called for each batch; kafkajs replaces the array when it reloads its metadata. */
  update(metadata: readonly PartitionMetadata[]): void {
    if (this.#metadata === metadata) return
    this.#metadata = metadata
    this.#leaders = new Map(metadata.map(({ partitionId, leader }) => [partitionId, leader]))
  }

  /** undefined while unknown. */
  of(partition: number): number | undefined {
    return this.#leaders.get(partition)
  }
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
