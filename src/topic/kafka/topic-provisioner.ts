import kafkajs, { type Admin } from 'kafkajs'
import { AppError, messageOf } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { AdminClient } from './admin.ts'
import { readKafkaError } from './errors.ts'

const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 5000
/** How often the partitions of topics that are there are counted: nothing notifies of new ones. */
const POLL_MS = 10_000

export interface TopicProvisionerDeps {
  admin: AdminClient
  clock: Clock
  logger: Logger
  /** The topics can never be used as they are; told at most once, and only after `start`. */
  onFatal: (error: AppError) => void
}

/**
 * Called each time that all topics have come to be there, or one of them has another partition count.
 * `isAnew`: one of them was made just now.
 */
type OnReady = (isRecreated: boolean) => void

/**
 * Makes sure that the topics are there, for as long as it takes: a broker that is away comes back, and
 * a topic that was deleted is made again. Polls their partition counts, so that everybody in this
 * process learns of new partitions together.
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
  /** A topic was made since all of them were last there. */
  #isRecreated = false
  /** A topic has another partition count than the listeners were last notified of. */
  #isChanged = false
  /** Somebody has reason to believe that a topic is not what it was: one look is not enough then. */
  #isDoubted = false
  #isChecking = false
  #problem: string | null = 'not connected yet'
  #isStopped = false

  constructor(spec: TopicSpec, deps: TopicProvisionerDeps) {
    this.#spec = spec
    this.#deps = deps
  }

  /** Names topics that have to be there; before the first `start`. */
  require(topics: readonly string[]): void {
    for (const topic of topics) this.#required.add(topic)
  }

  /**
   * Resolves after the first attempt, whether the broker was there or not; may be called again.
   * @throws AppError ERR_TOPIC_MISSING or ERR_TOPIC_UNFIT where trying again is no use.
   */
  start(): Promise<void> {
    this.#starting ??= this.#attempt()
    return this.#starting
  }

  /**
   * Calls `onReady` whenever all topics have come to be there or their partition counts have changed:
   * also now, if they are there.
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

  /** A topic is said to be gone or another one: looks at once, and makes it where it is missing. */
  recheck(): void {
    if (!this.isReady || this.#isStopped) return
    this.#isDoubted = true
    if (this.#isChecking) return
    this.#deps.logger.debug({}, 'a topic is not what it was: looking again')
    this.#attemptAgain()
  }

  /**
   * Makes one topic where it is missing; says how many partitions it has, and whether it is new.
   * @throws AppError ERR_TOPIC_MISSING, ERR_TOPIC_UNFIT; any other error is worth another try
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

  /** All who route by it are notified at the end of the attempt under way, or of one that begins now. */
  #setCount(topic: string, partitions: number): void {
    const known = this.#partitionCounts.get(topic)
    this.#partitionCounts.set(topic, partitions)
    if (known === undefined || known === partitions) return
    this.#deps.logger.warn({ topic, known, partitions }, 'the topic has another partition count')
    this.#isChanged = true
    // It keeps what it knew for minutes.
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

  /** @throws AppError that is not retryable, as it came */
  #failed(error: unknown, isPoll: boolean): void {
    if (this.#isStopped) return
    if (error instanceof AppError && !error.retryable) {
      this.#problem = messageOf(error)
      throw error
    }
    if (isPoll) {
      // A client that has lost its broker says so once; whether more is wrong shows the next look.
      this.#deps.logger.debug({ err: error }, 'the partitions of the topics cannot be counted')
      this.#isDoubted = true
      this.#schedule(RETRY_MIN_MS)
      return
    }
    const problem = messageOf(error)
    const isChanged = problem !== this.#problem
    this.#problem = problem
    if (isChanged) {
      this.#deps.logger.warn({ err: error, problem }, 'no topics yet: trying again')
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

/** How a topic is made where it is missing. */
export interface TopicSpec {
  partitions: number
  replicationFactor: number
  retentionMs: number
  /** For each partition. */
  retentionBytes: number
}

const TIMESTAMP_TYPE = 'message.timestamp.type'
const MINUTE_MS = 60_000
/**
 * Room for the largest snapshot that the socket takes (16 MiB) once it is compressed; no more than
 * hosted brokers allow.
 */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024
const CREATE_TIMEOUT_MS = 5000
const FORBIDDEN = ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION']

/** Configuration of a topic that we create. */
export function topicConfig({ retentionMs, retentionBytes }: TopicSpec): Record<string, string> {
  // The active segment is never deleted, so it must be closed well within the retention.
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
 * Creates a topic where it is missing, and checks one that is there; it is never altered. Gives the
 * number of partitions, and whether we made it just now.
 * @throws AppError ERR_TOPIC_MISSING where we may not create it, ERR_TOPIC_UNFIT where its records get
 * the broker's time, which would falsify every lag; any other error is worth another try.
 */
export async function ensureTopic(
  topic: string,
  spec: TopicSpec,
  deps: { admin: Pick<AdminClient, 'ask'>; logger: Logger },
): Promise<{ partitions: number; isMade: boolean }> {
  const found = await deps.admin.ask(async (admin) => {
    let partitions = await countPartitions(admin, topic)
    let made: Made = 'by somebody'
    if (partitions === null) {
      made = await createTopic(admin, topic, spec, deps.logger)
      partitions = await countPartitions(admin, topic)
    }
    const timestampType =
      partitions === null ? null : await readTimestampType(admin, topic, deps.logger)
    return { partitions, made, timestampType }
  })
  // Judged here: a failure inside would end the connection, which others use too.
  const { partitions, made, timestampType } = found
  if (partitions === null && made === 'forbidden') {
    const message = `topic ${topic} does not exist and the broker does not let us create it`
    throw new AppError('ERR_TOPIC_MISSING', message, { context: { topic } })
  }
  if (partitions === null) throw new Error(`topic ${topic} is not there yet`)
  refuseAppendTime(topic, timestampType)
  return { partitions, isMade: made === 'by us' }
}

/** Partitions of a topic, asked of the broker again; null where there is no such topic. */
export async function countPartitions(admin: Admin, topic: string): Promise<number | null> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics.find(({ name }) => name === topic)?.partitions.length ?? null
  } catch (error) {
    if (readKafkaError(error).types.includes('UNKNOWN_TOPIC_OR_PARTITION')) return null
    // kafkajs reads on where every broker that it asked refused: the refusal itself is lost.
    throw error instanceof TypeError ? new Error(`no broker knows topic ${topic} now`) : error
  }
}

type Made = 'by us' | 'by somebody' | 'forbidden'

async function createTopic(
  admin: Admin,
  topic: string,
  spec: TopicSpec,
  logger: Logger,
): Promise<Made> {
  const { partitions, replicationFactor } = spec
  const entries = Object.entries(topicConfig(spec))
  try {
    // False = somebody else was faster, which is as good.
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
    return isCreated ? 'by us' : 'by somebody'
  } catch (error) {
    const { types } = readKafkaError(error)
    if (types.some((type) => FORBIDDEN.includes(type))) {
      logger.warn({ topic, err: error }, 'the topic may not be created')
      return 'forbidden'
    }
    const how = `${partitions} partitions and replication factor ${replicationFactor}`
    throw new Error(`topic ${topic} cannot be created with ${how}`, { cause: error })
  }
}

/** Null where the broker does not tell us. */
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
    logger.warn({ topic }, 'the topic may not be described: its timestamps are taken on trust')
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
