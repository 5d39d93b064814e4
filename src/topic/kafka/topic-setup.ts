import { AppError, messageOf } from '../../errors.ts'
import type { Clock, Timer } from '../../model/clock.ts'
import type { Logger } from '../../model/logger.ts'
import type { AdminClient } from './admin-client.ts'
import { countPartitions, ensureTopic, type TopicSpec } from './ensure-topic.ts'

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
