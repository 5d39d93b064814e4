import kafkajs, { type Admin } from 'kafkajs'
import { AppError, messageOf } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { AdminClient } from './admin.ts'
import { readKafkaError } from './errors.ts'

const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 5000
/** Interval of polling the partition counts: the client is not notified of new partitions. */
const POLL_MS = 10_000

export interface TopicProvisionerDeps {
  admin: AdminClient
  clock: Clock
  logger: Logger
  /** The topics can never be used as they are; called at most once, and only after `start`. */
  onFatal: (error: AppError) => void
}

/**
 * Called whenever all topics have become available, or the partition count of one changed.
 * @param isRecreated true if a topic was created just now
 */
type OnReady = (isRecreated: boolean) => void

/**
 * Ensures that the topics exist, retrying without limit: an unreachable broker may return, and a
 * deleted topic is recreated. Polls their partition counts, so that everything in this process
 * learns of new partitions together.
 */
export class TopicProvisioner {
  readonly #spec: TopicSpec
  readonly #deps: TopicProvisionerDeps
  readonly #partitionCounts = new Map<string, number>()
  readonly #required = new Set<string>()
  readonly #listeners = new Set<OnReady>()
  #starting: Promise<void> | null = null
  #timer: Timer | null = null
  #failures = 0
  /** A topic was created since all of them were last available. */
  #isRecreated = false
  /** A topic's partition count differs from the one last reported to the listeners. */
  #isChanged = false
  /** A caller reported that a topic may have changed: the check is repeated. */
  #isDoubted = false
  #isChecking = false
  #problem: string | null = 'not connected yet'
  #isStopped = false

  constructor(spec: TopicSpec, deps: TopicProvisionerDeps) {
    this.#spec = spec
    this.#deps = deps
  }

  /** Adds required topics; before the first `start`. */
  require(topics: readonly string[]): void {
    for (const topic of topics) this.#required.add(topic)
  }

  /**
   * Resolves after the first attempt, successful or not; may be called again.
   * @throws AppError ERR_TOPIC_MISSING or ERR_TOPIC_UNFIT if retrying is useless
   */
  start(): Promise<void> {
    this.#starting ??= this.#attempt()
    return this.#starting
  }

  /**
   * Calls `onReady` whenever all topics become available or a partition count changes, and at once
   * if they are available.
   */
  whenReady(onReady: OnReady): void {
    this.#listeners.add(onReady)
    if (this.isReady) onReady(false)
  }

  get isReady(): boolean {
    return this.#problem === null
  }

  get problem(): string | null {
    return this.#problem
  }

  partitionCount(topic: string): number | undefined {
    return this.#partitionCounts.get(topic)
  }

  /** Checks at once after a topic was reported missing or changed; recreates it if missing. */
  recheck(): void {
    if (!this.isReady || this.#isStopped) return
    this.#isDoubted = true
    if (this.#isChecking) return
    this.#deps.logger.debug({}, 'topic may have changed, checking again')
    this.#attemptAgain()
  }

  /**
   * Creates a topic if it is missing; returns its partition count, and whether it is new.
   * @throws AppError ERR_TOPIC_MISSING, ERR_TOPIC_UNFIT; any other error may be retried
   */
  async ensure(topic: string): Promise<{ partitions: number; isMade: boolean }> {
    const ensured = await ensureTopic(topic, this.#spec, this.#deps)
    this.#setCount(topic, ensured.partitions)
    return ensured
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#listeners.clear()
  }

  /** Listeners are notified at the end of the running attempt, or of one started now. */
  #setCount(topic: string, partitions: number): void {
    const known = this.#partitionCounts.get(topic)
    this.#partitionCounts.set(topic, partitions)
    if (known === undefined || known === partitions) return
    this.#deps.logger.warn({ topic, known, partitions }, 'topic partition count changed')
    this.#isChanged = true
    // It caches its metadata for minutes.
    this.#deps.admin.renew()
    this.recheck()
  }

  async #attempt(): Promise<void> {
    if (this.#isChecking) return
    this.#timer?.cancel()
    this.#timer = null
    this.#isChecking = true
    const isPoll = this.isReady && !this.#isDoubted
    this.#isDoubted = false
    try {
      for (const topic of this.#required) {
        if (isPoll && (await this.#isAsKnown(topic))) continue
        const { isMade } = await this.ensure(topic)
        this.#isRecreated ||= isMade
      }
    } catch (error) {
      this.#failed(error, isPoll)
      return
    } finally {
      this.#isChecking = false
    }
    this.#succeeded()
  }

  async #isAsKnown(topic: string): Promise<boolean> {
    const count = await this.#deps.admin.ask((admin) => countPartitions(admin, topic))
    return count !== null && count === this.#partitionCounts.get(topic)
  }

  #succeeded(): void {
    if (this.#isStopped) return
    const isChanged = !this.isReady || this.#isRecreated || this.#isChanged
    const isRecreated = this.#isRecreated
    this.#problem = null
    this.#failures = 0
    this.#isRecreated = false
    this.#isChanged = false
    this.#schedule(this.#isDoubted ? RETRY_MIN_MS : POLL_MS)
    if (isChanged) for (const onReady of this.#listeners) onReady(isRecreated)
  }

  /** @throws AppError that is not retryable, unchanged */
  #failed(error: unknown, isPoll: boolean): void {
    if (this.#isStopped) return
    if (error instanceof AppError && !error.retryable) {
      this.#problem = messageOf(error)
      throw error
    }
    if (isPoll) {
      // A client that loses its broker reports that itself; the next check shows whether more is
      // wrong.
      this.#deps.logger.debug({ err: error }, 'partition count lookup failed')
      this.#isDoubted = true
      this.#schedule(RETRY_MIN_MS)
      return
    }
    const problem = messageOf(error)
    const isChanged = problem !== this.#problem
    this.#problem = problem
    if (isChanged) {
      this.#deps.logger.warn({ err: error, problem }, 'topics are not available, retrying')
    }
    this.#schedule(Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10)))
    this.#failures += 1
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#deps.clock.setTimer(() => {
      this.#attemptAgain()
    }, delayMs)
  }

  #attemptAgain(): void {
    this.#attempt().catch((error: unknown) => {
      if (error instanceof AppError) this.#deps.onFatal(error)
    })
  }
}

/** How to create a missing topic. */
export interface TopicSpec {
  partitions: number
  replicationFactor: number
  retentionMs: number
  /** Per partition. */
  retentionBytes: number
}

const TIMESTAMP_TYPE = 'message.timestamp.type'
const MINUTE_MS = 60_000
/**
 * Fits the largest snapshot that the socket accepts (16 MiB) after compression, and the limits of
 * hosted brokers.
 */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024
const CREATE_TIMEOUT_MS = 5000
const FORBIDDEN = ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION']

/** Configuration of a topic that this process creates. */
export function topicConfig({ retentionMs, retentionBytes }: TopicSpec): Record<string, string> {
  // The active segment is never deleted, so it must be rolled well within the retention.
  const segmentMs = Math.min(10 * MINUTE_MS, Math.max(MINUTE_MS, Math.floor(retentionMs / 6)))
  return {
    'cleanup.policy': 'delete',
    [TIMESTAMP_TYPE]: 'CreateTime',
    'retention.ms': String(retentionMs),
    'retention.bytes': String(retentionBytes),
    'segment.ms': String(segmentMs),
    'max.message.bytes': String(MAX_MESSAGE_BYTES),
  }
}

/**
 * Creates a topic if it is missing, and checks an existing one without altering it. Returns the
 * partition count, and whether this call created the topic.
 * @throws AppError ERR_TOPIC_MISSING if creating is not permitted, ERR_TOPIC_UNFIT if the broker
 *   overwrites timestamps, which would falsify every lag; any other error may be retried
 */
export async function ensureTopic(
  topic: string,
  spec: TopicSpec,
  deps: { admin: Pick<AdminClient, 'ask'>; logger: Logger },
): Promise<{ partitions: number; isMade: boolean }> {
  const found = await deps.admin.ask(async (admin) => {
    let partitions = await countPartitions(admin, topic)
    let made: Made = 'by another client'
    if (partitions === null) {
      made = await createTopic(admin, topic, spec, deps.logger)
      partitions = await countPartitions(admin, topic)
    }
    const timestampType =
      partitions === null ? null : await readTimestampType(admin, topic, deps.logger)
    return { partitions, made, timestampType }
  })
  // Checked outside `ask`: an error inside would close the shared connection.
  const { partitions, made, timestampType } = found
  if (partitions === null && made === 'forbidden') {
    const message = `topic ${topic} does not exist and the broker denies creating it`
    throw new AppError('ERR_TOPIC_MISSING', message, { context: { topic } })
  }
  if (partitions === null) throw new Error(`topic ${topic} does not exist yet`)
  refuseAppendTime(topic, timestampType)
  return { partitions, isMade: made === 'by us' }
}

/** Partition count of a topic as reported by the broker; null if the topic does not exist. */
export async function countPartitions(admin: Admin, topic: string): Promise<number | null> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics.find(({ name }) => name === topic)?.partitions.length ?? null
  } catch (error) {
    if (readKafkaError(error).types.includes('UNKNOWN_TOPIC_OR_PARTITION')) return null
    // If every broker returns an error, kafkajs fails while reading the missing result and loses
    // the error.
    throw error instanceof TypeError
      ? new Error(`no broker has metadata for topic ${topic}`)
      : error
  }
}

type Made = 'by us' | 'by another client' | 'forbidden'

async function createTopic(
  admin: Admin,
  topic: string,
  spec: TopicSpec,
  logger: Logger,
): Promise<Made> {
  const { partitions, replicationFactor } = spec
  const entries = Object.entries(topicConfig(spec))
  try {
    // False if another client created it first, which is fine.
    const isCreated = await admin.createTopics({
      timeout: CREATE_TIMEOUT_MS,
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: entries.map(([name, value]) => ({ name, value })),
        },
      ],
    })
    if (isCreated) logger.info({ topic, partitions, replicationFactor }, 'topic created')
    return isCreated ? 'by us' : 'by another client'
  } catch (error) {
    const { types } = readKafkaError(error)
    if (types.some((type) => FORBIDDEN.includes(type))) {
      logger.warn({ topic, err: error }, 'not authorized to create the topic')
      return 'forbidden'
    }
    const how = `${partitions} partitions and replication factor ${replicationFactor}`
    throw new Error(`topic ${topic} cannot be created with ${how}`, { cause: error })
  }
}

/** Returns null if describing the topic is not permitted. */
async function readTimestampType(
  admin: Admin,
  topic: string,
  logger: Logger,
): Promise<string | null> {
  const configNames = [TIMESTAMP_TYPE]
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames }],
    })
    const entries = resources[0]?.configEntries ?? []
    return entries.find(({ configName }) => configName === TIMESTAMP_TYPE)?.configValue ?? null
  } catch (error) {
    if (!readKafkaError(error).types.some((type) => FORBIDDEN.includes(type))) throw error
    logger.warn(
      { topic },
      'not authorized to describe the topic, its timestamp type is not checked',
    )
    return null
  }
}

function refuseAppendTime(topic: string, timestampType: string | null): void {
  if (timestampType !== 'LogAppendTime') return
  const message =
    `topic ${topic} has ${TIMESTAMP_TYPE}=LogAppendTime, which would falsify every lag: ` +
    'set it to CreateTime, or name another topic'
  throw new AppError('ERR_TOPIC_UNFIT', message, {
    context: { topic, [TIMESTAMP_TYPE]: timestampType },
  })
}
