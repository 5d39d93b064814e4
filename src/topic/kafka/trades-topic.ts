import { AppError, messageOf } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { TopicProvisioner } from './topic-provisioner.ts'

/** A companion that cannot be read is looked at again so often. */
const RECHECK_MS = 60_000

export interface TradesTopicDeps {
  setup: Pick<TopicProvisioner, 'ensure' | 'partitionCount'>
  clock: Clock
  logger: Logger
  /** Reads from each partition of a topic. @throws Error why that cannot be done */
  probe: (topic: string) => Promise<void>
  /** It has become readable, or is not any more, or was recreated. */
  onChange: () => void
}

/** What a look gives; `null` where the broker as a whole was of no help. */
type Look = { readonly problem: string | null; readonly isMade: boolean } | null

/**
 * A topic that is read beside the main one where it can be: it has to be there, to have as many
 * partitions, so that a key's records of both reach the same member, and to give what it has. Where
 * not, one warning, and the main topic is read without it.
 */
export class TradesTopic {
  readonly #topic: string
  readonly #mainTopic: string
  readonly #deps: TradesTopicDeps
  #isReadable = false
  #problem: string | null = 'not looked at yet'
  #hasWarned = false
  #timer: Timer | null = null
  #looking: Promise<void> | null = null
  #isStopped = false

  constructor({ topic, mainTopic }: { topic: string; mainTopic: string }, deps: TradesTopicDeps) {
    this.#topic = topic
    this.#mainTopic = mainTopic
    this.#deps = deps
  }

  get isReadable(): boolean {
    return this.#isReadable
  }

  /** Why it is not read, in words; null while it is. */
  get problem(): string | null {
    return this.#problem
  }

  /** Looks now, and again until it is readable; one look is under way at a time. Never fails. */
  check(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  /** The broker has refused to give records of it: it is omitted until a later look. */
  refused(problem: string): void {
    if (this.#isReadable) this.#conclude({ problem, isMade: false })
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  async #lookOnce(): Promise<void> {
    this.#timer?.cancel()
    const checkIdle = await this.#ensure()
    if (checkIdle !== null) this.#conclude(checkIdle)
    else if (!this.#isReadable) this.#lookLater()
  }

  #conclude({ problem, isMade }: NonNullable<Look>): void {
    if (this.#isStopped) return
    const { logger, onChange } = this.#deps
    const topic = this.#topic
    this.#problem = problem
    if (problem === null) this.#hasWarned = false
    else {
      if (!this.#hasWarned) {
        logger.warn({ topic, problem }, 'the topic is not read: going on without it')
      }
      this.#hasWarned = true
      this.#lookLater()
    }
    const isReadable = problem === null
    if (this.#isReadable === isReadable && !isMade) return
    this.#isReadable = isReadable
    if (isReadable) logger.info({ topic }, 'the topic is read')
    onChange()
  }

  #lookLater(): void {
    this.#timer?.cancel()
    this.#timer = this.#deps.clock.setTimer(() => void this.check(), RECHECK_MS)
  }

  async #ensure(): Promise<Look> {
    const { setup, probe } = this.#deps
    try {
      const { partitions, isMade } = await setup.ensure(this.#topic)
      const mainCount = setup.partitionCount(this.#mainTopic)
      if (partitions !== mainCount) {
        const problem = `${partitions} partitions, but ${this.#mainTopic} has ${mainCount}`
        return { problem, isMade }
      }
      await probe(this.#topic)
      return { problem: null, isMade }
    } catch (error) {
      const isOfBroker = !isFinal(error) && !(await this.#isMainReadable())
      return isOfBroker ? null : { problem: messageOf(error), isMade: false }
    }
  }

  /** Where the main topic cannot be read either, the broker is at fault and the look says nothing. */
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
