import type { Logger } from '../../../model/telemetry.ts'
import type { Clock } from '../../../time/clock.ts'
import type { Assignment } from '../../consumer/assignment.ts'
import type { PartitionReply } from './fetch-reply.ts'

/** An open transaction that holds back records for longer than this is reported. */
const LONG_HOLD_MS = 5000

/** Protocol errors after which kafkajs refreshes leaders and offsets. */
const RECOVERABLE: Readonly<Record<number, string>> = {
  1: 'OFFSET_OUT_OF_RANGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_FOR_PARTITION',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
}
const OFFSET_OUT_OF_RANGE = 1
const NOT_AUTHORIZED = 29
/** Errors of one partition that replacing the consumer would not fix. */
const OF_PARTITION: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  2: 'CORRUPT_MESSAGE',
  [NOT_AUTHORIZED]: 'TOPIC_AUTHORIZATION_FAILED',
  56: 'KAFKA_STORAGE_ERROR',
}

export interface FetchWatchOptions {
  /** Topic read beside the main one; null = none. */
  tradesTopic: string | null
}

export interface FetchWatchDeps {
  assignment: Assignment
  clock: Clock
  logger: Logger
  /** Called when the broker rejects fetches of the trades topic. */
  onRefused: (problem: string) => void
  /** Called when the trades topic or its leader has moved or is gone. */
  onLost: () => void
}

interface PartitionFailure {
  readonly problem: string
  readonly sinceMonotonicMs: number
  hasWarned: boolean
}

/**
 * Handles the metadata of fetch responses: errors of one partition, which must not block the
 * others, and records of open transactions.
 */
export class FetchWatch {
  readonly #options: FetchWatchOptions
  readonly #deps: FetchWatchDeps
  /** Current problems, by partition (`topic/partition`). */
  readonly #failures = new Map<string, PartitionFailure>()

  constructor(options: FetchWatchOptions, deps: FetchWatchDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** Handles the metadata of a partition; returns the error code to pass to kafkajs, 0 for none. */
  onPartition(reply: PartitionReply): number {
    const { topic, partition, errorCode, highWatermark, lastStableOffset } = reply
    const state = this.#deps.assignment.get(topic, partition)
    if (errorCode !== 0) return this.#failed(reply)
    if (state !== undefined && highWatermark > state.highWatermark) {
      state.highWatermark = highWatermark
    }
    const isHeld =
      lastStableOffset >= 0n && lastStableOffset < highWatermark && state?.next === lastStableOffset
    if (isHeld) {
      const problem = `records from offset ${lastStableOffset} are waiting for an open transaction`
      this.#note(topic, partition, problem, LONG_HOLD_MS)
    } else this.#end(topic, partition)
    return 0
  }

  /** Why existing records of a topic are not read; null if there is no problem. */
  problemOf(topic: string): string | null {
    const problems = this.#deps.assignment.states().flatMap((state) => {
      const failure = this.#failures.get(keyOf(state.topic, state.partition))
      return state.topic === topic && failure?.hasWarned === true
        ? [`partition ${state.partition}: ${failure.problem}`]
        : []
    })
    return problems.length === 0 ? null : problems.join('; ')
  }

  #failed({ topic, partition, errorCode }: PartitionReply): number {
    const { onRefused, onLost } = this.#deps
    const recoverable = RECOVERABLE[errorCode]
    const isTradesTopic = topic === this.#options.tradesTopic
    if (recoverable !== undefined) {
      if (isTradesTopic && errorCode !== OFFSET_OUT_OF_RANGE) onLost()
      return errorCode
    }
    const problem = `the broker rejects fetches: ${OF_PARTITION[errorCode] ?? errorCode}`
    if (isTradesTopic) {
      onRefused(`partition ${partition}: ${problem}`)
      return 0
    }
    // Without read permission no partition can be read.
    if (errorCode === NOT_AUTHORIZED || OF_PARTITION[errorCode] === undefined) return errorCode
    this.#note(topic, partition, problem, 0)
    return 0
  }

  #note(topic: string, partition: number, problem: string, graceMs: number): void {
    const { clock, logger } = this.#deps
    const key = keyOf(topic, partition)
    const nowMs = clock.monotonicMs()
    const known = this.#failures.get(key)
    const failure =
      known?.problem === problem ? known : { problem, sinceMonotonicMs: nowMs, hasWarned: false }
    this.#failures.set(key, failure)
    if (failure.hasWarned || nowMs - failure.sinceMonotonicMs < graceMs) return
    failure.hasWarned = true
    logger.warn({ topic, partition, problem }, 'records of a partition cannot be read yet')
  }

  #end(topic: string, partition: number): void {
    const key = keyOf(topic, partition)
    const failure = this.#failures.get(key)
    if (failure === undefined) return
    this.#failures.delete(key)
    if (failure.hasWarned) {
      this.#deps.logger.info({ topic, partition }, 'records of a partition can be read again')
    }
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}
