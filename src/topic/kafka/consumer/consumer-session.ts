import type { Consumer, ConsumerGroupJoinEvent } from 'kafkajs'
import { messageOf } from '../../../errors.ts'
import type { Logger } from '../../../model/telemetry.ts'
import type { TopicPartition } from '../../../model/topic.ts'
import type { Clock } from '../../../time/clock.ts'
import { withTimeout } from '../../../time/deadline.ts'
import type { Assignment, OwnedPartition } from '../../consumer/assignment.ts'
import type { GuardedHandler } from '../../consumer/guarded-handler.ts'
import type { ReadingLoad } from '../../consumer/reading-load.ts'
import type { BeforeBatch, StartPosition } from '../../consumer/start-position.ts'
import type { ConsumerMetrics } from '../../metrics.ts'
import type { AdminClient } from '../admin.ts'
import { BatchReader } from './batch-reader.ts'
import { KafkaClient, type KafkaConnectionOptions } from '../client.ts'
import { copartitionAssigner } from './copartition-assigner.ts'
import { readKafkaError } from '../errors.ts'
import { fetchSizes, readFetches } from '../fetch/fetch-hook.ts'
import type { PartitionReply } from '../fetch/fetch-reply.ts'

/** Pause after a failed offset lookup. */
const LOOKUP_PAUSE_MS = 500
/** Session timeout: a member without heartbeats for this long loses its partitions. */
const SESSION_MS = 6000
/** The group leader detects added partitions within this time and triggers a rebalance. */
const METADATA_MAX_AGE_MS = 5000

export interface ConsumerSessionOptions {
  connection: KafkaConnectionOptions
  groupId: string
  startPosition: StartPosition
  beforeBatch: BeforeBatch
}

export interface ConsumerSessionDeps {
  admin: AdminClient
  assignment: Assignment
  handler: GuardedHandler
  metrics: ConsumerMetrics
  clock: Clock
  logger: Logger
  /** Share of time that the event loop is busy, 0 to 1. */
  load: () => number
  readingLoad: ReadingLoad
  /** Handles the metadata of a fetched partition; returns the error code to pass to kafkajs. */
  onPartition: (reply: PartitionReply) => number
  /** Called when kafkajs has given up: the session cannot be used any more. */
  onCrash: (error: Error) => void
}

/** One kafkajs consumer from creation to stop. The positions in `owned` outlive it. */
export class ConsumerSession {
  readonly #options: ConsumerSessionOptions
  readonly #deps: ConsumerSessionDeps
  readonly #client: KafkaClient
  readonly #consumer: Consumer
  #isActive = true
  #hasJoined = false
  /** Number of the current assignment: results of lookups for an earlier one are discarded. */
  #generation = 0
  #committing: Promise<void> | null = null
  /** Monotonic ms of the last sign that the consumer works. */
  lastProgressMs: number

  constructor(options: ConsumerSessionOptions, deps: ConsumerSessionDeps) {
    this.#options = options
    this.#deps = deps
    this.lastProgressMs = deps.clock.monotonicMs()
    this.#client = new KafkaClient({ ...options.connection, retries: 12 }, deps)
    this.#consumer = this.#client.kafka.consumer({
      groupId: options.groupId,
      partitionAssigners: [
        (args) => {
          readFetches(args.cluster, {
            onPartition: (reply) => (this.#isActive ? deps.onPartition(reply) : 0),
            sizes: () => fetchSizes(deps.load(), deps.readingLoad.isOverloaded),
          })
          return copartitionAssigner(args)
        },
      ],
      allowAutoTopicCreation: false,
      // Pause while no partition is assigned; fetches have their own.
      maxWaitTimeInMs: 100,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: 1500,
      rebalanceTimeout: 10_000,
      retry: {
        retries: 8,
        initialRetryTime: 100,
        maxRetryTime: 5000,
        // The supervisor replaces and logs a consumer that crashes. kafkajs restarts it only while
        // a
        // coordinator that has just started is loading its groups.
        restartOnFailure: (error) => Promise.resolve(this.#isActive && isLoading(error)),
      },
    })
    this.#listen()
  }

  get hasJoined(): boolean {
    return this.#hasJoined
  }

  /** Connects and starts to join the group; events report whether that succeeds. */
  async start(topics: readonly string[]): Promise<void> {
    const reader = new BatchReader({
      ...this.#deps,
      beforeBatch: this.#options.beforeBatch,
      sessionMs: SESSION_MS,
      isActive: () => this.#isActive,
      onProgress: () => {
        this.#noteProgress()
      },
    })
    this.#client.readDebugLines(true)
    await this.#consumer.connect()
    this.#noteProgress()
    // Applies only to a position outside the log: the client then continues with the oldest record
    // left, and the lost records are counted.
    await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: (payload) => reader.read(payload),
    })
  }

  /**
   * Commits positions that changed. For operators' lag tools only: nothing starts from commits.
   * Never fails; one commit is pending at a time.
   */
  commit(): Promise<void> {
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = null
    })
    return this.#committing
  }

  /** Stops processing, commits, leaves the group, and destroys connections that still hang. */
  async stop(timeoutMs: number): Promise<void> {
    const { clock } = this.#deps
    const endMs = clock.monotonicMs() + timeoutMs
    this.#isActive = false
    await withTimeout(clock, timeoutMs / 2, this.commit()).catch(() => undefined)
    const leftMs = Math.max(0, endMs - clock.monotonicMs())
    await withTimeout(clock, leftMs, this.#consumer.disconnect()).catch(() => undefined)
    this.#client.destroy()
  }

  #listen(): void {
    const consumer = this.#consumer
    consumer.on(consumer.events.FETCH, () => {
      this.#noteProgress()
    })
    consumer.on(consumer.events.GROUP_JOIN, (event) => {
      if (this.#isActive) this.#joined(event)
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!this.#isActive || payload.restart) return
      this.#deps.onCrash(this.#client.explain(payload.error))
    })
  }

  #noteProgress(): void {
    this.lastProgressMs = this.#deps.clock.monotonicMs()
  }

  /** Runs inside kafkajs's event, before the first fetch: new partitions must not be read yet. */
  #joined({ payload }: ConsumerGroupJoinEvent): void {
    const { assignment, handler, metrics } = this.#deps
    this.#noteProgress()
    this.#client.readDebugLines(false)
    this.#generation += 1
    metrics.rebalances[this.#hasJoined ? 'rebalance' : 'join'].add()
    this.#hasJoined = true
    const { gained, lost, kept } = assignment.assign(listPartitions(payload.memberAssignment))
    const unplaced = [...gained, ...kept.filter(({ next }) => next === null)]
    this.#consumer.pause(groupByTopic(unplaced))
    // After a join kafkajs resumes from the commits; kept partitions continue at our positions.
    for (const state of kept) this.#seek(state)
    if (lost.length > 0) {
      metrics.rebalances.revoked.add()
      handler.onRevoked(lost)
    }
    // Includes partitions kept across a join whose logs were recreated: they are replayed again.
    if (unplaced.length > 0) {
      handler.onAssigned(unplaced.map(({ topic, partition }) => ({ topic, partition })))
      // Independently: a topic whose lookup fails must not delay the others.
      for (const topic of new Set(unplaced.map((state) => state.topic))) {
        const states = unplaced.filter((state) => state.topic === topic)
        void this.#place(states, this.#generation)
      }
    }
  }

  /** Looks up the start offsets of partitions, retrying until it succeeds, and resumes them. */
  async #place(states: readonly OwnedPartition[], generation: number): Promise<void> {
    const { admin, clock, logger, metrics } = this.#deps
    const isCurrent = () => this.#isActive && this.#generation === generation
    while (isCurrent()) {
      try {
        const requestedMonotonicMs = clock.monotonicMs()
        const starts = await findStart(states, this.#options.startPosition, admin)
        if (!isCurrent()) return
        for (const { state, next, replayEnd, skipped } of starts) {
          state.next = next
          state.replayEnd = replayEnd
          if (next >= replayEnd) state.readToEndMonotonicMs = requestedMonotonicMs
          metrics.skipped.series({ topic: state.topic }).add(Number(skipped))
          this.#seek(state)
        }
        this.#consumer.resume(groupByTopic(states))
        return
      } catch (error) {
        if (!isCurrent()) return
        logger.warn({ detail: messageOf(error) }, 'offset lookup failed, retrying')
        await new Promise<void>((resolve) => {
          clock.setTimer(resolve, LOOKUP_PAUSE_MS)
        })
      }
    }
  }

  #seek({ topic, partition, next }: OwnedPartition): void {
    if (next !== null) this.#consumer.seek({ topic, partition, offset: String(next) })
  }

  async #commit(): Promise<void> {
    const { assignment, clock, logger } = this.#deps
    if (!this.#hasJoined) return
    const moved = assignment
      .states()
      .filter(({ next, committed }) => next !== null && next !== committed)
    if (moved.length === 0) return
    const positions = moved.map((state) => ({ state, next: state.next ?? 0n }))
    try {
      await this.#consumer.commitOffsets(
        positions.map(({ state: { topic, partition }, next }) => ({
          topic,
          partition,
          offset: String(next),
        })),
      )
    } catch (error) {
      // A rebalance is under way or the broker is unreachable: the next commit has these positions
      // too.
      logger.debug({ detail: messageOf(error) }, 'commit failed')
      return
    }
    for (const { state, next } of positions) {
      state.committed = next
      state.lastCommitMs = clock.nowMs()
    }
  }
}

function isLoading(error: Error): boolean {
  return readKafkaError(error).types.includes('GROUP_LOAD_IN_PROGRESS')
}

function listPartitions(assignment: Readonly<Record<string, readonly number[]>>): TopicPartition[] {
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}

function groupByTopic(partitions: readonly TopicPartition[]) {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    topics.set(topic, [...(topics.get(topic) ?? []), partition])
  }
  return [...topics].map(([topic, numbers]) => ({ topic, partitions: numbers }))
}

export interface Start {
  readonly state: OwnedPartition
  readonly next: bigint
  /** End offset of the partition now: records before it are replayed. */
  readonly replayEnd: bigint
  /** Records in the log before the start, which are not read. */
  readonly skipped: bigint
}

/** Looks up the end offsets and applies the start position. */
async function findStart(
  states: readonly OwnedPartition[],
  startPosition: StartPosition,
  admin: AdminClient,
): Promise<Start[]> {
  const starts: Start[] = []
  for (const topic of new Set(states.map((state) => state.topic))) {
    const own = states.filter((state) => state.topic === topic)
    const offsets = await admin.run((client) => client.fetchTopicOffsets(topic))
    const ends = toMap(offsets)
    const beginnings = toMap(offsets.map(({ partition, low }) => ({ partition, offset: low })))
    const positions = await startPosition({
      topic,
      partitions: own.map(({ partition }) => partition),
      ends,
      atTime: async (timestampMs) =>
        toMap(
          await admin.run((client) =>
            client.fetchTopicOffsetsByTimestamp(topic, Math.trunc(timestampMs)),
          ),
        ),
    })
    for (const state of own) {
      const replayEnd = ends.get(state.partition)
      if (replayEnd === undefined) {
        // Added since the client loaded its metadata, which it caches for minutes.
        admin.renew()
        throw new Error(`no end offset for ${topic}/${state.partition}`)
      }
      const next = positions.get(state.partition) ?? replayEnd
      const left = next - (beginnings.get(state.partition) ?? next)
      starts.push({ state, replayEnd, next, skipped: left > 0n ? left : 0n })
    }
  }
  return starts
}

function toMap(offsets: readonly { partition: number; offset: string }[]): Map<number, bigint> {
  return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]))
}
