import { messageOf } from '../../errors.ts'
import type { Clock, Timer } from '../../model/clock.ts'
import type { Logger } from '../../model/logger.ts'
import type { TopicSetup } from './topic-setup.ts'

/** A companion that cannot be read is looked at again so often. */
const LOOK_AGAIN_MS = 60_000

export interface CompanionTopicDeps {
  setup: TopicSetup
  clock: Clock
  logger: Logger
  /** It has become readable, or is not any more, or was made anew. */
  onChange: () => void
}

/**
 * A topic that is read beside the main one where it can be: it has to be there and to have as many
 * partitions, so that a key's records of both reach the same member. Where not, one warning.
 */
export class CompanionTopic {
  readonly #topic: string
  readonly #mainTopic: string
  readonly #deps: CompanionTopicDeps
  #isReadable = false
  #problem: string | null = null
  #timer: Timer | null = null
  #isStopped = false

  constructor(
    { topic, mainTopic }: { topic: string; mainTopic: string },
    deps: CompanionTopicDeps,
  ) {
    this.#topic = topic
    this.#mainTopic = mainTopic
    this.#deps = deps
  }

  get isReadable(): boolean {
    return this.#isReadable
  }

  /** Looks now, and again until it is readable. Never fails. */
  async look(): Promise<void> {
    this.#timer?.cancel()
    const { problem, isMade } = await this.#ensure()
    if (this.#isStopped) return
    const { clock, logger, onChange } = this.#deps
    if (problem !== null) {
      if (this.#problem === null) {
        logger.warn({ topic: this.#topic, problem }, 'the topic is not read: going on without it')
      }
      this.#timer = clock.setTimer(() => void this.look(), LOOK_AGAIN_MS)
    }
    this.#problem = problem
    const isReadable = problem === null
    if (this.#isReadable === isReadable && !isMade) return
    this.#isReadable = isReadable
    if (isReadable) logger.info({ topic: this.#topic }, 'the topic is read')
    onChange()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  async #ensure(): Promise<{ problem: string | null; isMade: boolean }> {
    const { setup } = this.#deps
    try {
      const { partitions, isMade } = await setup.ensure(this.#topic)
      const mainCount = setup.partitionCount(this.#mainTopic)
      if (partitions === mainCount) return { problem: null, isMade }
      const problem = `${partitions} partitions, but ${this.#mainTopic} has ${mainCount}`
      return { problem, isMade }
    } catch (error) {
      return { problem: messageOf(error), isMade: false }
    }
  }
}
