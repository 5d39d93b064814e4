import { AppError, messageOf } from '../../errors.ts'
import type { Clock, Timer } from '../../model/clock.ts'
import type { Logger } from '../../model/logger.ts'
import type { AdminClient } from './admin-client.ts'
import { ensureTopic, type TopicSpec } from './ensure-topic.ts'

const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 5000

export interface TopicSetupOptions extends TopicSpec {
  topics: readonly string[]
}

export interface TopicSetupDeps {
  admin: AdminClient
  clock: Clock
  logger: Logger
  /** The topics can never be used as they are; told at most once, and only after `start`. */
  onFatal: (error: AppError) => void
}

/** Makes sure that the topics are there, for as long as it takes: a broker that is away comes back. */
export class TopicSetup {
  readonly #options: TopicSetupOptions
  readonly #deps: TopicSetupDeps
  readonly #partitionCounts = new Map<string, number>()
  readonly #listeners = new Set<() => void>()
  #starting: Promise<void> | null = null
  #timer: Timer | null = null
  #failures = 0
  #problem: string | null = 'not connected yet'
  #isStopped = false

  constructor(options: TopicSetupOptions, deps: TopicSetupDeps) {
    this.#options = options
    this.#deps = deps
  }

  /**
   * Resolves after the first attempt, whether the broker was there or not; may be called again.
   * @throws AppError ERR_TOPIC_MISSING or ERR_TOPIC_UNFIT where trying again is no use.
   */
  start(): Promise<void> {
    this.#starting ??= this.#attempt()
    return this.#starting
  }

  /** Calls `onReady` once, when all topics are there: now, if they are. */
  whenReady(onReady: () => void): void {
    if (this.isReady) onReady()
    else this.#listeners.add(onReady)
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

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#listeners.clear()
  }

  async #attempt(): Promise<void> {
    const { admin, clock, logger } = this.#deps
    try {
      for (const topic of this.#options.topics) {
        const count = await ensureTopic(topic, this.#options, { admin, logger })
        this.#partitionCounts.set(topic, count)
      }
    } catch (error) {
      if (this.#isStopped) return
      this.#problem = messageOf(error)
      if (error instanceof AppError && !error.retryable) throw error
      if (this.#failures === 0) logger.warn({ err: error }, 'no broker yet: trying again')
      const waitMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10))
      this.#failures += 1
      this.#timer = clock.setTimer(() => {
        this.#attempt().catch((fatal: unknown) => {
          this.#fail(fatal)
        })
      }, waitMs)
      return
    }
    if (this.#isStopped) return
    this.#problem = null
    for (const onReady of this.#listeners) onReady()
    this.#listeners.clear()
  }

  #fail(error: unknown): void {
    if (error instanceof AppError) this.#deps.onFatal(error)
  }
}
