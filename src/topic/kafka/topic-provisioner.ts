import kafkajs, { type Admin } from 'kafkajs'
import { AppError, messageOf } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { AdminClient } from './admin.ts'
import { isDenied, isTopicGone } from './errors.ts'

const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 5000
/** How often a denied or unfit optional topic is checked again. */
const DENIED_RETRY_MS = 60_000
/** Interval of polling the partition count: the client is not notified of new partitions. */
const POLL_MS = 10_000

export interface TopicProvisionerOptions {
  topic: string
  /** The service runs without an optional topic: whatever is wrong with it is retried. */
  isOptional: boolean
  /** How to create it. */
  spec: TopicSpec
}

export interface TopicProvisionerDeps {
  admin: AdminClient
  clock: Clock
  logger: Logger
  /**
   * The topic can never be used as it is; called at most once, only after `start`, and not for an
   * optional topic.
   */
  onFatal: (error: AppError) => void
}

/**
 * Called whenever the topic has become available, or its partition count changed.
 * @param isRecreated true if the topic was created just now
 */
type OnReady = (isRecreated: boolean) => void

/**
 * Ensures that a topic exists, retrying without limit: an unreachable broker may return, and a
 * deleted topic is recreated. Polls its partition count, so that everything in this process learns
 * of new partitions together.
 */
export class TopicProvisioner {
  readonly #options: TopicProvisionerOptions
  readonly #deps: TopicProvisionerDeps
  readonly #listeners = new Set<OnReady>()
  #partitionCount: number | undefined
  #starting: Promise<void> | null = null
  #ensuring: Promise<EnsuredTopic> | null = null
  #timer: Timer | null = null
  #failures = 0
  /** The topic was created since it was last available. */
  #isRecreated = false
  /** The partition count differs from the one last reported to the listeners. */
  #isChanged = false
  /** A caller reported that the topic may have changed: the check is repeated. */
  #isDoubted = false
  #isChecking = false
  #problem: string | null = 'not connected yet'
  #hasWarned = false
  #isStopped = false

  constructor(options: TopicProvisionerOptions, deps: TopicProvisionerDeps) {
    this.#options = options
    this.#deps = deps
  }

  /**
   * Resolves after the first attempt, successful or not; may be called again.
   * @throws AppError ERR_TOPIC_MISSING or ERR_TOPIC_UNFIT if retrying is useless and the topic is
   *   not optional
   */
  start(): Promise<void> {
    this.#starting ??= this.#attempt()
    return this.#starting
  }

  /**
   * Calls `onReady` whenever the topic becomes available or its partition count changes, and at
   * once if it is available.
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

  get partitionCount(): number | undefined {
    return this.#partitionCount
  }

  /** Checks at once after the topic was reported missing or changed; recreates it if missing. */
  recheck(): void {
    if (!this.isReady || this.#isStopped) return
    this.#isDoubted = true
    if (this.#isChecking) return
    this.#deps.logger.debug(
      { topic: this.#options.topic },
      'topic may have changed, checking again',
    )
    this.#attemptAgain()
  }

  /**
   * Creates the topic if it is missing; returns its partition count, and whether it is new.
   * Concurrent calls share one attempt, so that all of them learn that it is new.
   * @throws AppError ERR_TOPIC_MISSING, ERR_TOPIC_UNFIT; any other error may be retried
   */
  ensure(): Promise<EnsuredTopic> {
    this.#ensuring ??= this.#ensure().finally(() => {
      this.#ensuring = null
    })
    return this.#ensuring
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#listeners.clear()
  }

  async #ensure(): Promise<EnsuredTopic> {
    const { topic, spec } = this.#options
    const ensured = await ensureTopic(topic, spec, this.#deps)
    this.#setCount(ensured.partitions)
    return ensured
  }

  /** Listeners are notified at the end of the running attempt, or of one started now. */
  #setCount(partitions: number): void {
    const known = this.#partitionCount
    this.#partitionCount = partitions
    if (known === undefined || known === partitions) return
    const { topic } = this.#options
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
      if (!isPoll || !(await this.#isAsKnown())) {
        const { isMade } = await this.ensure()
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

  async #isAsKnown(): Promise<boolean> {
    const { topic } = this.#options
    const count = await this.#deps.admin.ask((admin) => countPartitions(admin, topic))
    return count !== null && count === this.#partitionCount
  }

  #succeeded(): void {
    if (this.#isStopped) return
    const isChanged = !this.isReady || this.#isRecreated || this.#isChanged
    const isRecreated = this.#isRecreated
    const { topic } = this.#options
    if (this.#hasWarned) this.#deps.logger.info({ topic }, 'topic is available')
    this.#hasWarned = false
    this.#problem = null
    this.#failures = 0
    this.#isRecreated = false
    this.#isChanged = false
    this.#schedule(this.#isDoubted ? RETRY_MIN_MS : POLL_MS)
    if (isChanged) for (const onReady of this.#listeners) onReady(isRecreated)
  }

  /** @throws AppError that is not retryable, unchanged, unless the topic is optional */
  #failed(error: unknown, isPoll: boolean): void {
    if (this.#isStopped) return
    const { topic, isOptional } = this.#options
    const isFinal = error instanceof AppError && !error.retryable
    if (isFinal && !isOptional) {
      this.#problem = messageOf(error)
      throw error
    }
    if (isPoll) {
      // A client that loses its broker reports that itself; the next check shows whether more is
      // wrong.
      this.#deps.logger.debug({ topic, err: error }, 'partition count lookup failed')
      this.#isDoubted = true
      this.#schedule(RETRY_MIN_MS)
      return
    }
    const problem = messageOf(error)
    const isChanged = problem !== this.#problem
    this.#problem = problem
    if (isChanged) {
      this.#hasWarned = true
      const consequence = isOptional ? 'continuing without it' : 'retrying'
      this.#deps.logger.warn(
        { topic, err: error, problem },
        `topic is not available, ${consequence}`,
      )
    }
    const backoffMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10))
    this.#schedule(isOptional && (isFinal || isDenied(error)) ? DENIED_RETRY_MS : backoffMs)
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

/** An existing topic. */
export interface EnsuredTopic {
  readonly partitions: number
  /** True if it was created just now. */
  readonly isMade: boolean
}

const TIMESTAMP_TYPE = 'message.timestamp.type'
const MINUTE_MS = 60_000
/**
 * Fits the largest snapshot that the socket accepts (16 MiB) after compression, and the limits of
 * hosted brokers.
 */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024
const CREATE_TIMEOUT_MS = 5000

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
): Promise<EnsuredTopic> {
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
    if (isTopicGone(error)) return null
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
    if (isDenied(error)) {
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
    if (!isDenied(error)) throw error
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
