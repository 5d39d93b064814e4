import { randomUUID } from 'node:crypto'
import type { EachBatchPayload, ITopicMetadata } from 'kafkajs'
import { AppError, messageOf } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { TopicRecord } from '../../model/topic.ts'
import type { Clock } from '../../time/clock.ts'
import { settledWithin } from '../../time/deadline.ts'
import { AdminClient } from './admin.ts'
import { KafkaClient, type KafkaConnectionOptions } from './client.ts'
import { toTopicRecord } from './consumer/batch-reader.ts'
import { copartitionAssigner } from './consumer/copartition-assigner.ts'
import { OffsetRange } from './fetch/fetched.ts'
import { readFetches } from './fetch/fetch-hook.ts'

/** Records of a partition that may wait; above it the partition is paused. */
const MAX_WAITING = 2000
const RESUME_BELOW = 500
/** Records passed on at once. */
const MAX_CHUNK = 1000
const FETCH_SIZES = { minBytes: 1, maxWaitTime: 100, partitionMaxBytes: 1_048_576 }
/** Error code of Kafka's protocol (COORDINATOR_LOAD_IN_PROGRESS). */
const GROUP_LOAD_IN_PROGRESS = 14
/** No record for this long is a failure: the broker is gone, or does not answer. */
const STALLED_MS = 20_000
const CHECK_MS = 500
const CLOSE_MS = 2000

export interface TimeRange {
  /** Epoch ms of record timestamps: from `fromMs` to before `toMs`. */
  readonly fromMs: number
  readonly toMs: number
}

interface PartitionRange {
  readonly topic: string
  readonly partition: number
  /** Next offset to be fetched, and the first one beyond the range. */
  next: bigint
  readonly end: bigint
  readonly waiting: TopicRecord[]
  /** Index of the first waiting record: `shift` would copy the rest. */
  first: number
  isPaused: boolean
}

/** What a range reader has found and read; for progress. */
export interface RangeProgress {
  readonly records: number
  /** Upper bound: offsets of the range may hold no record. */
  readonly total: number
}

/**
 * Reads the records of some topics between two times, once, merged by their timestamps; the order
 * within a partition is kept. Memory does not depend on the range. Uses a group of its own without
 * commits, so that it disturbs no other reader.
 */
export class RangeReader {
  readonly #connection: KafkaConnectionOptions
  readonly #deps: { clock: Clock; logger: Logger }
  readonly #ranges = new Map<string, PartitionRange>()
  #records = 0
  #total = 0
  #lastProgressMs = 0
  #failure: AppError | null = null
  #wake: (() => void) | null = null

  constructor(connection: KafkaConnectionOptions, deps: { clock: Clock; logger: Logger }) {
    this.#connection = connection
    this.#deps = deps
  }

  get progress(): RangeProgress {
    return { records: this.#records, total: this.#total }
  }

  /**
   * Looks up the offsets of a topic's range; false if the topic does not exist.
   * @throws AppError `ERR_TOPIC_CONNECTION`
   */
  async add(topic: string, { fromMs, toMs }: TimeRange): Promise<boolean> {
    const admin = new AdminClient(this.#connection, this.#deps)
    try {
      const topics = await admin.run((client) => client.listTopics())
      if (!topics.includes(topic)) return false
      const metadata = await admin.run((client) => client.fetchTopicMetadata({ topics: [topic] }))
      const known = partitionsOf(metadata.topics)
      const ends = await admin.run((client) => client.fetchTopicOffsets(topic))
      const offsetsAt = (timeMs: number) =>
        // The broker reads negative times as special positions (-1 = end, -2 = start).
        admin.run((client) => client.fetchTopicOffsetsByTimestamp(topic, Math.max(0, timeMs)))
      const from = await offsetsAt(fromMs)
      const to = await offsetsAt(toMs)
      for (const partition of known) {
        const of = (list: readonly { partition: number; offset: string }[]): bigint =>
          BigInt(list.find((each) => each.partition === partition)?.offset ?? '-1')
        const high = of(ends)
        const start = of(from)
        const stop = of(to)
        const next = start < 0n ? high : start
        const end = stop < 0n || stop > high ? high : stop
        if (next >= end) continue
        this.#total += Number(end - next)
        const range = { topic, partition, next, end, waiting: [], first: 0, isPaused: false }
        this.#ranges.set(`${topic}/${partition}`, range)
      }
      return true
    } catch (error) {
      throw connectionError(`offsets of ${topic} cannot be looked up: ${messageOf(error)}`, error)
    } finally {
      await admin.close(1000)
    }
  }

  /** Ends the reading, which throws `error`, also while it waits for the broker. */
  stop(error: AppError): void {
    this.#failure ??= error
    this.#wake?.()
  }

  /**
   * Reads the ranges added before.
   * @throws AppError `ERR_TOPIC_CONNECTION` if the broker fails meanwhile
   */
  async *read(): AsyncGenerator<readonly TopicRecord[]> {
    if (this.#ranges.size === 0) return
    const client = new KafkaClient({ ...this.#connection, retries: 3 }, this.#deps)
    const consumer = client.kafka.consumer({
      groupId: `orderbook-exporter-export-${randomUUID()}`,
      partitionAssigners: [
        (args) => {
          readFetches(args.cluster, {
            onPartition: (reply) => reply.errorCode,
            sizes: () => FETCH_SIZES,
          })
          return copartitionAssigner(args)
        },
      ],
      allowAutoTopicCreation: false,
      sessionTimeout: 30_000,
      retry: { retries: 3, restartOnFailure: (error) => Promise.resolve(isLoadingGroups(error)) },
    })
    const fail = (problem: string, cause?: unknown): void => {
      this.stop(connectionError(problem, cause))
    }
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      // What never loads is ended by the watch.
      if (isLoadingGroups(payload.error)) return
      fail(`reading failed: ${messageOf(client.explain(payload.error))}`, payload.error)
    })
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      for (const [topic, partitions] of Object.entries(payload.memberAssignment)) {
        const others = partitions.filter((each) => !this.#ranges.has(`${topic}/${each}`))
        consumer.pause([{ topic, partitions: others }])
      }
      for (const { topic, partition, next } of this.#ranges.values()) {
        consumer.seek({ topic, partition, offset: String(next) })
      }
    })
    const watch = setInterval(() => {
      if (performance.now() - this.#lastProgressMs > STALLED_MS) {
        fail(`no record for ${STALLED_MS / 1000} s`)
      }
    }, CHECK_MS)
    try {
      this.#lastProgressMs = performance.now()
      await consumer.connect()
      const topics = new Set([...this.#ranges.values()].map(({ topic }) => topic))
      await consumer.subscribe({ topics: [...topics], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 4,
        eachBatch: (payload) => {
          this.#accept(payload, (range) => {
            consumer.pause([{ topic: range.topic, partitions: [range.partition] }])
          })
          return Promise.resolve()
        },
      })
      yield* this.#merged((range) => {
        consumer.resume([{ topic: range.topic, partitions: [range.partition] }])
      })
    } catch (error) {
      if (error instanceof AppError) throw error
      throw connectionError(`reading failed: ${messageOf(error)}`, error)
    } finally {
      clearInterval(watch)
      // It waits for the fetches in flight, and so for a broker that does not answer.
      await settledWithin(this.#deps.clock, CLOSE_MS, consumer.disconnect())
      client.destroy()
    }
  }

  #accept(payload: EachBatchPayload, pause: (range: PartitionRange) => void): void {
    const { batch } = payload
    const { topic, partition, messages } = batch
    const range = this.#ranges.get(`${topic}/${partition}`)
    if (range === undefined) {
      payload.resolveOffset(batch.lastOffset())
      return
    }
    for (const message of messages) {
      const offset = BigInt(message.offset)
      if (offset < range.next) continue
      range.next = offset + 1n
      if (offset >= range.end) break
      if (message instanceof OffsetRange) continue
      // Arrival = receipt, so that a replay sees no lag.
      const timestampMs = Number(message.timestamp)
      range.waiting.push(
        toTopicRecord(message, {
          topic,
          partition,
          arrivedTimeMs: timestampMs,
          arrivedMonotonicMs: timestampMs,
          isReplayed: false,
          isAtEnd: true,
        }),
      )
    }
    payload.resolveOffset(batch.lastOffset())
    this.#lastProgressMs = performance.now()
    const isDone = range.next >= range.end
    if ((isDone || waitingOf(range) > MAX_WAITING) && !range.isPaused) {
      range.isPaused = true
      pause(range)
    }
    this.#wake?.()
  }

  /** Merges the partitions: a record is passed on once every other partition has a newer one. */
  async *#merged(resume: (range: PartitionRange) => void): AsyncGenerator<readonly TopicRecord[]> {
    let open = [...this.#ranges.values()]
    while (open.length > 0) {
      const chunk: TopicRecord[] = []
      while (chunk.length < MAX_CHUNK && open.every((range) => waitingOf(range) > 0)) {
        const oldest = oldestOf(open)
        chunk.push(oldest.waiting[oldest.first] as TopicRecord)
        oldest.first += 1
        if (waitingOf(oldest) > 0) continue
        oldest.waiting.length = 0
        oldest.first = 0
        if (oldest.next >= oldest.end) open = open.filter((range) => range !== oldest)
        if (open.length === 0) break
      }
      open = open.filter((range) => waitingOf(range) > 0 || range.next < range.end)
      for (const range of open) {
        if (!range.isPaused || range.next >= range.end || waitingOf(range) > RESUME_BELOW) continue
        range.waiting.splice(0, range.first)
        range.first = 0
        range.isPaused = false
        resume(range)
      }
      if (chunk.length > 0) {
        this.#records += chunk.length
        this.#lastProgressMs = performance.now()
        yield chunk
      }
      if (this.#failure !== null) throw this.#failure
      if (open.some((range) => waitingOf(range) === 0)) await this.#arrival()
    }
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null
        resolve()
      }
    })
  }
}

function waitingOf({ waiting, first }: PartitionRange): number {
  return waiting.length - first
}

function oldestOf(open: readonly PartitionRange[]): PartitionRange {
  let oldest = open[0] as PartitionRange
  for (const range of open) {
    if (timeOf(range) < timeOf(oldest)) oldest = range
  }
  return oldest
}

function timeOf({ waiting, first }: PartitionRange): number {
  return waiting[first]?.timestampMs ?? 0
}

function partitionsOf(topics: readonly ITopicMetadata[]): number[] {
  return topics.flatMap(({ partitions }) => partitions.map(({ partitionId }) => partitionId))
}

function connectionError(problem: string, cause?: unknown): AppError {
  return new AppError('ERR_TOPIC_CONNECTION', problem, { cause })
}

/** Whether a broker that started just now is still loading its groups: it answers soon. */
function isLoadingGroups(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === GROUP_LOAD_IN_PROGRESS) || isLoadingGroups(error.cause)
}
