import { AppError, messageOf } from '../../../errors.ts'
import type { Logger } from '../../../model/telemetry.ts'
import type { Clock, Timer } from '../../../time/clock.ts'
import type { TopicProvisioner } from '../topic-provisioner.ts'

/** How often an unreadable trades topic is checked again. */
const RECHECK_MS = 60_000

export interface TradesTopicDeps {
  setup: Pick<TopicProvisioner, 'ensure'>
  /** Partition count of the main topic. */
  mainPartitionCount: () => number | undefined
  clock: Clock
  logger: Logger
  /** Reads from each partition of a topic. @throws Error why that is not possible */
  probe: (topic: string) => Promise<void>
  /** Called when the topic becomes readable or unreadable, or was recreated. */
  onChange: () => void
}

/** Result of a check; null if it is inconclusive because the broker failed. */
type TopicCheck = { readonly problem: string | null; readonly isCreated: boolean } | null

/**
 * Checks whether the trades topic can be read beside the main one. It must exist, be readable, and
 * have the same partition count, so that both topics of a key reach the same member. Otherwise one
 * warning is logged, and the main topic is read without it.
 */
export class TradesTopic {
  readonly #topic: string
  readonly #mainTopic: string
  readonly #deps: TradesTopicDeps
  #isReadable = false
  #problem: string | null = 'not checked yet'
  #hasWarned = false
  #timer: Timer | null = null
  #checking: Promise<void> | null = null
  #isStopped = false

  constructor({ topic, mainTopic }: { topic: string; mainTopic: string }, deps: TradesTopicDeps) {
    this.#topic = topic
    this.#mainTopic = mainTopic
    this.#deps = deps
  }

  get isReadable(): boolean {
    return this.#isReadable
  }

  /** Why it is not read; null while it is. */
  get problem(): string | null {
    return this.#problem
  }

  /** Checks now, and again until it is readable; one check runs at a time. Never fails. */
  check(): Promise<void> {
    this.#checking ??= this.#checkOnce().finally(() => {
      this.#checking = null
    })
    return this.#checking
  }

  /**
   * Call when the broker rejected fetches of the topic: it is not read until a later check
   * succeeds.
   */
  refused(problem: string): void {
    if (this.#isReadable) this.#applyCheck({ problem, isCreated: false })
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  async #checkOnce(): Promise<void> {
    this.#timer?.cancel()
    const result = await this.#ensure()
    if (result !== null) this.#applyCheck(result)
    else if (!this.#isReadable) this.#scheduleCheck()
  }

  #applyCheck({ problem, isCreated }: NonNullable<TopicCheck>): void {
    if (this.#isStopped) return
    const { logger, onChange } = this.#deps
    const topic = this.#topic
    this.#problem = problem
    if (problem === null) this.#hasWarned = false
    else {
      if (!this.#hasWarned) {
        logger.warn({ topic, problem }, 'topic is not readable, continuing without it')
      }
      this.#hasWarned = true
      this.#scheduleCheck()
    }
    const isReadable = problem === null
    if (this.#isReadable === isReadable && !isCreated) return
    this.#isReadable = isReadable
    if (isReadable) logger.info({ topic }, 'topic is readable')
    onChange()
  }

  #scheduleCheck(): void {
    this.#timer?.cancel()
    this.#timer = this.#deps.clock.setTimer(() => void this.check(), RECHECK_MS)
  }

  async #ensure(): Promise<TopicCheck> {
    const { setup, mainPartitionCount, probe } = this.#deps
    try {
      const { partitions, isCreated } = await setup.ensure()
      const mainCount = mainPartitionCount()
      if (partitions !== mainCount) {
        const problem = `${partitions} partitions, but ${this.#mainTopic} has ${mainCount}`
        return { problem, isCreated }
      }
      await probe(this.#topic)
      return { problem: null, isCreated }
    } catch (error) {
      const isOfBroker = !isFinal(error) && !(await this.#isMainReadable())
      return isOfBroker ? null : { problem: messageOf(error), isCreated: false }
    }
  }

  /** If the main topic is unreadable too, the broker is at fault and the check is inconclusive. */
  async #isMainReadable(): Promise<boolean> {
    try {
      await this.#deps.probe(this.#mainTopic)
      return true
    } catch {
      return false
    }
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof AppError && !error.retryable
}
