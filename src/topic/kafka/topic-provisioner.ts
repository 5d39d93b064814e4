import { AppError, messageOf } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import { exponentialDelayMs } from '../../time/pacing.ts'
import type { AdminClient } from './admin.ts'
import { countPartitions, type EnsuredTopic, ensureTopic, type TopicSpec } from './ensure-topic.ts'
import { isDenied } from './errors.ts'

const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 5000
/** How often a denied or unfit optional topic is checked again. */
const DENIED_RETRY_MS = 60_000
/** Interval of polling the partition count: the client is not notified of new partitions. */
const POLL_MS = 10_000

export interface TopicProvisionerOptions {
  topic: string
  /** The service runs without an optional topic: every problem with it is retried. */
  isOptional: boolean
  /** Whether it is unusable while its partition count differs from that of the main topic. */
  isCopartitioned?: boolean
  /** How to create it. */
  spec: TopicSpec
}

export interface TopicProvisionerDeps {
  admin: Pick<AdminClient, 'renew' | 'run'>
  /** The main topic, whose partition count a missing topic gets; null or absent for the main one. */
  main?: Pick<TopicProvisioner, 'topic' | 'start' | 'partitionCount' | 'problem'> | null
  clock: Clock
  logger: Logger
  /**
   * Called when the topic can never be used as it is: at most once, only after `start`, and not for
   * an optional topic.
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
  /** Whether the topic was created since it was last available. */
  #isRecreated = false
  /** Whether the partition count differs from the one last reported to the listeners. */
  #isChanged = false
  /** Whether a caller reported that the topic may have changed: the check is repeated. */
  #isRecheckDue = false
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

  get topic(): string {
    return this.#options.topic
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
    this.#isRecheckDue = true
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
    const partitions = (await this.#mainCount()) ?? spec.partitions
    const ensured = await ensureTopic(topic, { ...spec, partitions }, this.#deps)
    this.#refuseOtherCount(ensured.partitions)
    this.#setCount(ensured.partitions)
    return ensured
  }

  /** Partition count of the main topic; null for the main topic itself. */
  async #mainCount(): Promise<number | null> {
    const { main = null } = this.#deps
    if (main === null) return null
    await main.start()
    if (main.partitionCount !== undefined) return main.partitionCount
    throw new Error(`partition count of ${main.topic} is not known: ${main.problem ?? 'not yet'}`)
  }

  /**
   * Why the topic cannot be used: another partition count than that of the main topic. null if the
   * counts are equal or need not be, and while that of the main topic is unknown.
   */
  mismatch(partitions = this.#partitionCount): string | null {
    const { main = null } = this.#deps
    const { isCopartitioned = false, topic } = this.#options
    const count = main?.partitionCount
    if (!isCopartitioned || main === null || count === undefined || count === partitions)
      return null
    return `${topic} has ${partitions ?? 'no'} partitions, but ${main.topic} has ${count}`
  }

  #refuseOtherCount(partitions: number): void {
    const problem = this.mismatch(partitions)
    if (problem === null) return
    throw new AppError('ERR_TOPIC_UNFIT', problem, { context: { topic: this.#options.topic } })
  }

  /** Listeners are notified at the end of the running attempt, or of one started now. */
  #setCount(partitions: number): void {
    const known = this.#partitionCount
    this.#partitionCount = partitions
    if (known === undefined || known === partitions) return
    const { topic } = this.#options
    this.#deps.logger.warn({ topic, known, partitions }, 'topic partition count changed')
    this.#isChanged = true
    // The client caches its metadata for minutes.
    this.#deps.admin.renew()
    this.recheck()
  }

  async #attempt(): Promise<void> {
    if (this.#isChecking) return
    this.#timer?.cancel()
    this.#timer = null
    this.#isChecking = true
    const isPoll = this.isReady && !this.#isRecheckDue
    this.#isRecheckDue = false
    try {
      if (!isPoll || !(await this.#isUnchanged())) {
        const { isCreated } = await this.ensure()
        this.#isRecreated ||= isCreated
      }
    } catch (error) {
      this.#failed(error, isPoll)
      return
    } finally {
      this.#isChecking = false
    }
    this.#succeeded()
  }

  async #isUnchanged(): Promise<boolean> {
    const { topic } = this.#options
    const count = await this.#deps.admin.run((admin) => countPartitions(admin, topic))
    return count !== null && count === this.#partitionCount && this.mismatch(count) === null
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
    this.#schedule(this.#isRecheckDue ? RETRY_MIN_MS : POLL_MS)
    if (isChanged) for (const onReady of this.#listeners) onReady(isRecreated)
  }

  /** Handles a failed attempt. @throws AppError a final error of a topic that is not optional */
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
      this.#isRecheckDue = true
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
    const backoffMs = exponentialDelayMs(RETRY_MIN_MS, RETRY_MAX_MS, this.#failures)
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
