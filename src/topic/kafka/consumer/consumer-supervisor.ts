import { messageOf } from '../../../errors.ts'
import type { TopicView } from '../../../model/pipeline.ts'
import type { Logger } from '../../../model/telemetry.ts'
import type { ConsumerHealth, RecordHandler, TopicConsumer } from '../../../model/topic.ts'
import type { Clock, Timer } from '../../../time/clock.ts'
import { exponentialDelayMs } from '../../../time/pacing.ts'
import { Assignment, type OwnedPartition } from '../../consumer/assignment.ts'
import { ConsumerLag } from '../../consumer/consumer-lag.ts'
import { GuardedHandler } from '../../consumer/guarded-handler.ts'
import { ReadingLoad } from '../../consumer/reading-load.ts'
import type { ConsumerMetrics } from '../../metrics.ts'
import { partitionOfKey } from '../../partitioner.ts'
import type { AdminClient } from '../admin.ts'
import { ConsumerSession, type ConsumerSessionOptions } from './consumer-session.ts'
import { isTopicGone, readKafkaError } from '../errors.ts'
import { FetchWatch } from '../fetch/fetch-watch.ts'
import { TopicEnds } from './topic-ends.ts'
import { probeTopic } from './topic-probe.ts'
import type { TopicProvisioner } from '../topic-provisioner.ts'
import { TradesTopic } from './trades-topic.ts'

/** Interval of commits and of the check for missing fetches. */
const POLL_MS = 1000
/** Without a fetch for this long the consumer hangs; kafkajs emits no event for that. */
const NO_FETCH_MS = 10_000
/** Joining may have to wait for the session timeout of a lost member, and for a rebalance. */
const NO_JOIN_MS = 20_000
const RESTART_MIN_MS = 200
const RESTART_MAX_MS = 2000
/** How long a replaced consumer has to leave the group. */
const LEAVE_MS = 3000

export interface ConsumerSupervisorOptions extends ConsumerSessionOptions {
  topic: string
  /** A book record that is read later than this is late, ms; during an overload, newest wins. */
  delayLimitMs: number
  /** Trades topic, read if it exists with the same partition count; null = none. */
  tradesTopic: string | null
}

export interface ConsumerSupervisorDeps {
  /** Provisioner of the main topic. */
  setup: TopicProvisioner
  /** Provisioner of the trades topic; null without one. */
  tradesSetup: TopicProvisioner | null
  admin: AdminClient
  metrics: ConsumerMetrics
  clock: Clock
  logger: Logger
  /** Share of time that the event loop is busy, 0 to 1. */
  load: () => number
}

type RestartReason = 'crash' | 'no_fetch'

/** Keeps a consumer running: one that crashes or hangs is replaced, without limit. */
export class ConsumerSupervisor implements TopicConsumer {
  readonly assignment: Assignment
  readonly lag: ConsumerLag
  readonly readingLoad: ReadingLoad
  readonly #options: ConsumerSupervisorOptions
  readonly #deps: ConsumerSupervisorDeps
  readonly #tradesTopic: TradesTopic | null
  /** Restarts the session; it reads the trades topic from its start position. */
  readonly #restartTrades: () => void
  readonly #ends: TopicEnds
  /** Partition counts as last derived from the end offsets. */
  readonly #endCounts = new Map<string, number>()
  /** Topics that were missing at the last request, and may have been recreated since. */
  readonly #missingTopics = new Set<string>()
  /** Partition count of the main topic that was last reported to the handler. */
  #notifiedCount: number | undefined
  readonly #watch: FetchWatch
  #handler: GuardedHandler | null = null
  #session: ConsumerSession | null = null
  #poll: Timer | null = null
  #restart: Timer | null = null
  #restarts = 0
  #problem: string | null = null
  #isStopped = false
  #stopping: Promise<void> | null = null

  constructor(options: ConsumerSupervisorOptions, deps: ConsumerSupervisorDeps) {
    this.#options = options
    this.#deps = deps
    const { topic: mainTopic, tradesTopic } = options
    this.assignment = new Assignment([mainTopic])
    for (const each of tradesTopic === null ? [mainTopic] : [mainTopic, tradesTopic]) {
      deps.metrics.skipped.series({ topic: each })
    }
    this.readingLoad = new ReadingLoad(options, { ...deps, assignment: this.assignment })
    this.#ends = new TopicEnds(deps)
    this.lag = new ConsumerLag({
      assignment: this.assignment,
      clock: deps.clock,
      readEnds: (topic) => this.#readEnds(topic),
    })
    this.#restartTrades = () => {
      if (tradesTopic !== null) this.assignment.forgetPositions(tradesTopic)
      this.#restartSession('the topics to read changed')
    }
    this.#tradesTopic =
      tradesTopic === null || deps.tradesSetup === null
        ? null
        : new TradesTopic(
            { topic: tradesTopic, mainTopic },
            {
              ...deps,
              setup: deps.tradesSetup,
              mainPartitionCount: () => deps.setup.partitionCount,
              onChange: this.#restartTrades,
              probe: (topic) => probeTopic(topic, options.connection, deps),
            },
          )
    this.#watch = new FetchWatch(options, {
      ...deps,
      assignment: this.assignment,
      onRefused: (problem) => this.#tradesTopic?.refused(problem),
      onLost: () => void this.#tradesTopic?.check(),
    })
  }

  /** Whether the trades topic is currently read. */
  get hasTrades(): boolean {
    return this.#tradesTopic?.isReadable ?? false
  }

  topics(): readonly TopicView[] {
    const { topic, tradesTopic } = this.#options
    const { isJoined, problem: mainProblem } = this.health()
    const main = {
      topic,
      isRead: isJoined,
      problem: mainProblem ?? this.#watch.problemOf(topic),
    }
    if (tradesTopic === null || this.#tradesTopic === null) return [main]
    const { isReadable: isRead, problem } = this.#tradesTopic
    return [
      main,
      { topic: tradesTopic, isRead, problem: problem ?? this.#watch.problemOf(tradesTopic) },
    ]
  }

  partitionOf(topic: string, key: string): number | undefined {
    const count = this.#setupOf(topic)?.partitionCount
    return count === undefined ? undefined : partitionOfKey(key, count)
  }

  /**
   * Resolves once supervision runs.
   * @throws AppError ERR_TOPIC_MISSING, ERR_TOPIC_UNFIT
   */
  async start(handler: RecordHandler): Promise<void> {
    const { setup, metrics, logger } = this.#deps
    this.#handler = new GuardedHandler({ handler, metrics, logger })
    let isFirst = true
    setup.whenReady((isRecreated) => {
      if (this.#isStopped) return
      const hasNewCount = this.#notifyCount()
      if (isFirst) void this.#beginFirst()
      else if (isRecreated) this.#reread()
      else if (hasNewCount) void this.#tradesTopic?.check()
      isFirst = false
    })
    await setup.start()
  }

  stop(timeoutMs: number): Promise<void> {
    this.#stopping ??= this.#stop(timeoutMs)
    return this.#stopping
  }

  health(): ConsumerHealth {
    const partitions = this.assignment.list()
    const hasJoined = this.#session?.hasJoined ?? false
    const isPlaced = this.assignment.states().every(({ next }) => next !== null)
    const waiting = hasJoined ? 'looking up offsets' : 'joining the group'
    const isJoined = hasJoined && isPlaced
    const topicProblem = this.#deps.setup.problem ?? this.lag.problem
    const problem = isJoined ? null : (this.#problem ?? topicProblem ?? waiting)
    return { isJoined, problem, topicProblem, partitions }
  }

  /**
   * Reports the partition count to the handler, so that it routes by the same count as the rest of
   * the process.
   */
  #notifyCount(): boolean {
    const count = this.#deps.setup.partitionCount
    if (count === undefined || count === this.#notifiedCount) return false
    this.#notifiedCount = count
    this.#handler?.onPartitionCount(this.#options.topic, count)
    return true
  }

  async #beginFirst(): Promise<void> {
    await this.#tradesTopic?.check()
    if (this.#isStopped) return
    this.lag.start()
    this.readingLoad.start()
    this.#startNextSession()
    this.#followTrades()
  }

  /** Rechecks the trades topic when it becomes available; rereads it when it was recreated. */
  #followTrades(): void {
    let isKnown = this.hasTrades
    this.#deps.tradesSetup?.whenReady((isRecreated) => {
      if (isRecreated && this.hasTrades) this.#restartTrades()
      else if (!isKnown) void this.#tradesTopic?.check()
      isKnown = false
    })
    isKnown = false
  }

  /** Starts over in all topics after they were recreated: the old positions are invalid. */
  #reread(): void {
    for (const topic of this.assignment.topics) this.assignment.forgetPositions(topic)
    this.#restartSession('topics were recreated')
    void this.#tradesTopic?.check()
  }

  async #readEnds(topic: string): Promise<ReadonlyMap<number, bigint>> {
    const { logger } = this.#deps
    const positions = this.assignment.positions(topic)
    try {
      const ends = await this.#ends.read(topic)
      const countBefore = this.#endCounts.get(topic) ?? ends.size
      this.#endCounts.set(topic, ends.size)
      const mayBeRecreated = this.#missingTopics.delete(topic) || ends.size > countBefore
      const isOther =
        !isSameLog(positions, ends, countBefore) ||
        (mayBeRecreated && (await this.#ends.isRecreated(topic, this.#statesOf(topic))))
      if (isOther) {
        logger.warn({ topic }, 'topic was recreated, rereading from the start position')
        this.assignment.forgetPositions(topic)
        this.#recheck(topic)
        this.#restartSession('topic was recreated')
      } else if (ends.size !== this.#setupOf(topic)?.partitionCount) {
        logger.info({ topic, partitions: ends.size }, 'partitions were added to the topic')
        this.#recheck(topic)
      }
      return ends
    } catch (error) {
      // An error of the trades topic may also block the consumer, which reads both topics.
      const isRefused = readKafkaError(error).types.length > 0
      if (isTopicGone(error)) this.#missingTopics.add(topic)
      if (isTopicGone(error) || (isRefused && topic === this.#options.tradesTopic)) {
        this.#recheck(topic)
      }
      throw error
    }
  }

  #setupOf(topic: string): TopicProvisioner | null {
    const { setup, tradesSetup } = this.#deps
    if (topic === this.#options.topic) return setup
    return topic === this.#options.tradesTopic ? tradesSetup : null
  }

  #statesOf(topic: string): OwnedPartition[] {
    return this.assignment.states().filter((state) => state.topic === topic)
  }

  #recheck(topic: string): void {
    if (topic === this.#options.topic) this.#deps.setup.recheck()
    else void this.#tradesTopic?.check()
  }

  #startSession(): void {
    const handler = this.#handler
    if (handler === null) return
    const { topic, tradesTopic } = this.#options
    const topics = this.hasTrades && tradesTopic !== null ? [topic, tradesTopic] : [topic]
    this.assignment.topics = topics
    const session = new ConsumerSession(this.#options, {
      ...this.#deps,
      assignment: this.assignment,
      readingLoad: this.readingLoad,
      handler,
      onPartition: (reply) => this.#watch.onPartition(reply),
      onCrash: (error) => {
        this.#replace(session, 'crash', error)
      },
    })
    this.#session = session
    session.start(topics).catch((error: unknown) => {
      this.#replace(session, 'crash', error)
    })
    this.#schedulePoll(session)
  }

  #schedulePoll(session: ConsumerSession): void {
    const { clock } = this.#deps
    this.#poll = clock.setTimer(() => {
      if (this.#session !== session) return
      if (session.hasJoined) {
        this.#problem = null
        this.#restarts = 0
      }
      const limitMs = session.hasJoined ? NO_FETCH_MS : NO_JOIN_MS
      if (clock.monotonicMs() - session.lastProgressMs > limitMs) {
        this.#replace(session, 'no_fetch', new Error(`no fetch for ${limitMs} ms`))
        return
      }
      void session.commit()
      this.#schedulePoll(session)
    }, POLL_MS)
  }

  #replace(session: ConsumerSession, reason: RestartReason, error: unknown): void {
    if (this.#session !== session || this.#isStopped) return
    const { metrics, logger } = this.#deps
    this.#problem = `consumer failed (${reason}): ${messageOf(error)}`
    metrics.restarts[reason].add()
    const waitMs = exponentialDelayMs(RESTART_MIN_MS, RESTART_MAX_MS, this.#restarts)
    this.#restarts += 1
    logger.warn({ err: error, reason, waitMs }, 'replacing the consumer')
    void session.stop(LEAVE_MS)
    this.#detachSession()
    // The trades topic may be the cause: read the books without it.
    if (this.hasTrades) void this.#tradesTopic?.check()
    this.#restart = this.#deps.clock.setTimer(() => this.#startNextSession(), waitMs)
  }

  /** Replaces a session that works but reads the wrong topics or positions. */
  #restartSession(why: string): void {
    const session = this.#session
    if (session === null || this.#isStopped) return
    this.#deps.logger.info({ why }, 'replacing the consumer')
    this.#detachSession()
    void session.stop(LEAVE_MS).then(() => this.#startNextSession())
  }

  /** Detaches the running session without starting another one. */
  #detachSession(): void {
    this.#session = null
    this.#poll?.cancel()
    this.#restart?.cancel()
  }

  #startNextSession(): void {
    if (this.#session === null && !this.#isStopped) this.#startSession()
  }

  async #stop(timeoutMs: number): Promise<void> {
    this.#isStopped = true
    this.lag.stop()
    this.readingLoad.stop()
    this.#tradesTopic?.stop()
    const session = this.#session
    this.#detachSession()
    await session?.stop(timeoutMs)
    const { lost } = this.assignment.assign([])
    if (lost.length > 0) this.#handler?.onRevoked(lost)
  }
}

/** A log only grows: if it ends before our position or has fewer partitions, it was recreated. */
function isSameLog(
  positions: ReadonlyMap<number, bigint>,
  ends: ReadonlyMap<number, bigint>,
  countBefore: number,
): boolean {
  if (ends.size < countBefore) return false
  return [...positions].every(([partition, next]) => next <= (ends.get(partition) ?? next))
}
