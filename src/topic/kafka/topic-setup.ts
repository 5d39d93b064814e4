import { AppError, messageOf } from '../../errors.ts'
import type { Clock, Timer } from '../../model/clock.ts'
import type { Logger } from '../../model/logger.ts'
import type { AdminClient } from './admin-client.ts'
import { ensureTopic, type TopicSpec } from './ensure-topic.ts'

const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 5000

export interface TopicSetupDeps {
  admin: AdminClient
  clock: Clock
  logger: Logger
  /** The topics can never be used as they are; told at most once, and only after `start`. */
  onFatal: (error: AppError) => void
}

/** Told each time that all topics have come to be there. `isAnew`: one of them was made just now. */
type OnReady = (isAnew: boolean) => void

/**
 * Makes sure that the topics are there, for as long as it takes: a broker that is away comes back, and
 * a topic that was deleted is made again.
 */
export class TopicSetup {
  readonly #spec: TopicSpec
  readonly #deps: TopicSetupDeps
  readonly #partitionCounts = new Map<string, number>()
  readonly #required = new Set<string>()
  readonly #listeners = new Set<OnReady>()
  #starting: Promise<void> | null = null
  #timer: Timer | null = null
  #failures = 0
  /** A topic was made since all of them were last there. */
  #isAnew = false
  #problem: string | null = 'not connected yet'
  #isStopped = false

  constructor(spec: TopicSpec, deps: TopicSetupDeps) {
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

  /** Calls `onReady` whenever all topics have come to be there: also now, if they are. */
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

  /** A topic is said to be gone or another one: looks again, and makes it where it is missing. */
  recheck(): void {
    if (!this.isReady || this.#isStopped) return
    this.#problem = 'a topic is not what it was: looking again'
    this.#deps.logger.warn({}, 'a topic is not what it was: looking again')
    this.#attemptAgain()
  }

  /**
   * Makes one topic where it is missing; says how many partitions it has, and whether it is new.
   * @throws AppError ERR_TOPIC_MISSING, ERR_TOPIC_UNFIT; any other error is worth another try
   */
  async ensure(topic: string): Promise<{ partitions: number; isMade: boolean }> {
    const ensured = await ensureTopic(topic, this.#spec, this.#deps)
    this.#partitionCounts.set(topic, ensured.partitions)
    return ensured
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#listeners.clear()
  }

  async #attempt(): Promise<void> {
    const { clock, logger } = this.#deps
    this.#timer = null
    try {
      for (const topic of this.#required) {
        const { isMade } = await this.ensure(topic)
        this.#isAnew ||= isMade
      }
    } catch (error) {
      if (this.#isStopped) return
      const problem = messageOf(error)
      const isNews = problem !== this.#problem
      this.#problem = problem
      if (error instanceof AppError && !error.retryable) throw error
      if (isNews) {
        logger.warn({ err: error, problem }, 'no topics yet: trying again')
      }
      const waitMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10))
      this.#failures += 1
      this.#timer = clock.setTimer(() => {
        this.#attemptAgain()
      }, waitMs)
      return
    }
    if (this.#isStopped) return
    this.#problem = null
    this.#failures = 0
    const isAnew = this.#isAnew
    this.#isAnew = false
    for (const onReady of this.#listeners) onReady(isAnew)
  }

  #attemptAgain(): void {
    this.#attempt().catch((error: unknown) => {
      if (error instanceof AppError) this.#deps.onFatal(error)
    })
  }
}
