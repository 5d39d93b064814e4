import { setImmediate } from 'node:timers/promises'
import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { Clock } from '../../model/clock.ts'
import type { Logger } from '../../model/logger.ts'
import type { Gate } from '../gate.ts'
import type { ConsumerMetrics } from '../metrics.ts'
import type { OwnedPartition, OwnedPartitions } from '../owned-partitions.ts'
import type { SafeHandler } from '../safe-handler.ts'
import { toTopicRecord } from './record-codec.ts'

/** After so long the event loop and the heartbeat have their turn. */
const SLICE_MS = 5
/** The clock is looked at once in so many records (a power of 2). */
const RECORDS_PER_LOOK = 16

export interface BatchReaderDeps {
  /** How long the group waits for a word of ours before it gives our partitions away. */
  sessionMs: number
  owned: OwnedPartitions
  handler: SafeHandler
  metrics: ConsumerMetrics
  clock: Clock
  logger: Logger
  /** Awaited before each batch is handed over. */
  gate: Gate
  /** False once the consumer that fetched the batch has been given up. */
  isActive: () => boolean
  /** Records were handed over: the consumer is alive. */
  onProgress: () => void
}

/**
 * Hands the messages of a fetched batch over, in order, each once, in slices. Stops where the
 * partition is lost in between; what was not handed over is fetched again.
 */
export class BatchReader {
  readonly #deps: BatchReaderDeps
  /** Monotonic ms of the group's last word that we are one of its members. */
  #memberMonotonicMs: number

  constructor(deps: BatchReaderDeps) {
    this.#deps = deps
    this.#memberMonotonicMs = deps.clock.monotonicMs()
  }

  /** Fails only as kafkajs's own heartbeat does, which it knows how to take. */
  async read(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    const { clock, handler, onProgress, owned, gate } = this.#deps
    const { topic, partition, messages } = batch
    const fetchedFor = owned.get(topic, partition)
    // Before it is held up: how long the first of them waits is known from now on.
    if (fetchedFor !== undefined) fetchedFor.lastTimestampMs ??= timestampOf(messages[0])
    await gate?.()
    const state = owned.get(topic, partition)
    if (state === undefined || state.next === null || !this.#isCurrent(payload, state)) return
    await this.#assertMember(payload)
    if (!this.#isCurrent(payload, state)) return
    const arrivedMonotonicMs = clock.monotonicMs()
    const arrivedTimeMs = clock.nowMs()
    const end = BigInt(batch.highWatermark)
    const isReplay = state.next < state.replayEnd
    let sliceEndMs = arrivedMonotonicMs + SLICE_MS
    for (let index = this.#skipKnown(payload, state); index < messages.length; index += 1) {
      const message = messages[index]
      if (message === undefined) break
      const isLast = index === messages.length - 1
      handler.onRecord(
        toTopicRecord(message, {
          topic,
          partition,
          arrivedTimeMs,
          arrivedMonotonicMs,
          isReplayed: isReplay && BigInt(message.offset) < state.replayEnd,
          isAtEnd: isLast && BigInt(message.offset) + 1n >= end,
        }),
      )
      const isLook = (index & (RECORDS_PER_LOOK - 1)) === RECORDS_PER_LOOK - 1
      if (!isLast && !(isLook && clock.monotonicMs() >= sliceEndMs)) continue
      if (!this.#isCurrent(payload, state)) return
      state.next = BigInt(message.offset) + 1n
      state.lastTimestampMs = Number(message.timestamp)
      payload.resolveOffset(message.offset)
      onProgress()
      if (isLast) break
      await setImmediate()
      await this.#heartbeat(payload)
      if (!this.#isCurrent(payload, state)) return
      sliceEndMs = clock.monotonicMs() + SLICE_MS
    }
    await this.#heartbeat(payload)
  }

  /**
   * After a standstill longer than the session (the process was stopped, its host asleep) the batch in
   * hand is old, and another member may have the partition: the group is asked before it is shown.
   */
  async #assertMember(payload: EachBatchPayload): Promise<void> {
    const { clock, sessionMs } = this.#deps
    if (clock.monotonicMs() - this.#memberMonotonicMs <= sessionMs) return
    await this.#heartbeat(payload)
  }

  async #heartbeat(payload: EachBatchPayload): Promise<void> {
    await payload.heartbeat()
    this.#memberMonotonicMs = this.#deps.clock.monotonicMs()
  }

  #isCurrent(payload: EachBatchPayload, state: OwnedPartition): boolean {
    const { owned, isActive } = this.#deps
    return (
      isActive() &&
      payload.isRunning() &&
      // A seek is pending: the batch was fetched from somewhere else.
      !payload.isStale() &&
      owned.get(state.topic, state.partition) === state
    )
  }

  /** Index of the first message that was not handed over before. */
  #skipKnown({ batch }: EachBatchPayload, state: OwnedPartition): number {
    const { topic, partition, messages } = batch
    const { metrics, logger } = this.#deps
    const next = state.next ?? 0n
    if (BigInt(batch.highWatermark) < next) {
      // The log is shorter than what we have read of it: it was made anew, and begins again.
      logger.warn({ topic, partition, expected: String(next) }, 'the partition was made anew')
      return 0
    }
    const index = messages.findIndex(({ offset }) => BigInt(offset) >= next)
    if (index < 0) return messages.length
    const missing = BigInt(messages[index]?.offset ?? 0) - next
    // Retention was faster than we are: what is gone cannot be read.
    if (missing > 0n) metrics.skipped.cell({ topic }).add(Number(missing))
    return index
  }
}

function timestampOf(message: KafkaMessage | undefined): number | null {
  return message === undefined ? null : Number(message.timestamp)
}
