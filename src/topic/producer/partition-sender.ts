import { messageOf } from '../../errors.ts'
import type { OutgoingRecord } from '../../model/topic.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import { exponentialDelayMs } from '../../time/pacing.ts'
import type { ProducerMetrics } from '../metrics.ts'
import { BatchLimits } from './batch-limits.ts'
import { type DeliveryCounts, isCounted } from './delivery-counts.ts'
import type { SendQueue } from './queue/send-queue.ts'
import { type Refusal, SendError, type TopicTransport } from './transport.ts'

/** Deadline of a send; the client's own may be much longer if a broker hangs. */
export const SEND_DEADLINE_MS = 5000
/** After this long without a response to a send, the topic counts as obstructed. */
const UNANSWERED_MS = 2000
/** Records count as being acknowledged for this long after the last acknowledgement. */
const PROGRESS_MS = 500
const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 2000

export interface PartitionSenderOptions {
  partition: number
  batchMaxRecords: number
  /** A batch ends at this size; a larger record is sent alone. */
  batchMaxBytes: number
  /** Whether the lag of its frames is observed. */
  hasLag: boolean
}

/** Dependencies and callbacks of a partition sender. */
export interface PartitionSenderDeps {
  queue: SendQueue
  /** Transport of the topic of the partition. */
  transport: TopicTransport
  counts: DeliveryCounts
  metrics: ProducerMetrics
  clock: Clock
  /** How long a record waits after the last flush for others, ms. */
  lingerMs: () => number
  /** Runs a callback at the end of the current tick of the event loop. */
  defer: (callback: () => void) => void
  /** Called after a batch was sent: the other partitions may join its request. */
  onFlush: () => void
  /** Called when records have left the partition sender: acknowledged or dropped. */
  onReleased: (bytes: number) => void
  /** Called when the broker rejected this record alone: it is dropped. */
  onRefused: (record: OutgoingRecord, refusal: Refusal, error: SendError) => void
  /** Called when a send ended; null = acknowledged. */
  onOutcome: (error: SendError | null) => void
}

interface Attempt {
  readonly batch: readonly OutgoingRecord[]
  readonly bytes: number
  readonly sentMonotonicMs: number
  readonly deadline: Timer
}

/** Sends the records of one partition in batches, one at a time, each until it is acknowledged. */
export class PartitionSender {
  readonly queue: SendQueue
  readonly #options: PartitionSenderOptions
  readonly #deps: PartitionSenderDeps
  #attempt: Attempt | null = null
  #timer: Timer | null = null
  #lastFlushMs = Number.NEGATIVE_INFINITY
  #acknowledgedMs = Number.NEGATIVE_INFINITY
  #failures = 0
  readonly #limits: BatchLimits
  #isDraining = false
  #isFlushDue = false
  #isClosed = false

  constructor(options: PartitionSenderOptions, deps: PartitionSenderDeps) {
    this.#options = options
    this.#deps = deps
    this.queue = deps.queue
    this.#limits = new BatchLimits(options)
  }

  get isInFlight(): boolean {
    return this.#attempt !== null
  }

  /** True while the last send failed and its records wait for a retry. */
  get isFailing(): boolean {
    return this.#failures > 0
  }

  /** True while a full batch waits behind the one in flight. */
  get isBacklogged(): boolean {
    return this.queue.waitingRecords >= this.#options.batchMaxRecords
  }

  /** Whether the topic does not accept records now: the last send failed, or is not answered. */
  isObstructed(nowMonotonicMs: number): boolean {
    const attempt = this.#attempt
    const isUnanswered =
      attempt !== null && nowMonotonicMs - attempt.sentMonotonicMs > UNANSWERED_MS
    return isUnanswered || this.#failures > 0
  }

  /** Whether a batch was acknowledged within the last half second. */
  isProgressing(nowMonotonicMs: number): boolean {
    return nowMonotonicMs - this.#acknowledgedMs < PROGRESS_MS
  }

  push(record: OutgoingRecord, bytes: number): void {
    this.queue.push(record, bytes)
    this.#wake()
  }

  /** Disables lingering, before the producer stops. */
  drain(): void {
    this.#isDraining = true
    if (this.#failures === 0) this.#cancelTimer()
    this.#wake()
  }

  /**
   * Sends what waits, before its linger is over, as another partition is sending now. Not before
   * the send in flight or the pause after a failure has ended.
   */
  join(): void {
    if (this.#attempt !== null || this.#isClosed || this.#failures > 0) return
    if (this.queue.waitingRecords > 0) this.#flush(this.#deps.clock.monotonicMs())
  }

  /** Starts no further send; the one in flight may end. */
  pause(): void {
    this.#isClosed = true
    this.#cancelTimer()
  }

  /** Ends the send in flight and returns everything that was not acknowledged. */
  close(): OutgoingRecord[] {
    this.pause()
    this.#attempt?.deadline.cancel()
    const inFlight = this.#attempt?.batch ?? []
    this.#attempt = null
    const { counts } = this.#deps
    counts.inFlightFrames -= countFrames(inFlight)
    counts.queuedFrames += countFrames(inFlight)
    return this.queue.drain()
  }

  /**
   * Sends now, or when the linger is over, but not before the send in flight or the pause has
   * ended.
   */
  #wake(): void {
    if (this.#attempt !== null || this.#isClosed) return
    const { waitingRecords, waitingBytes } = this.queue
    if (waitingRecords === 0) return
    const isFull =
      waitingRecords >= this.#limits.maxRecords || waitingBytes >= this.#limits.maxBytes
    if (this.#timer !== null && (!isFull || this.#failures > 0)) return
    const { clock } = this.#deps
    const nowMs = clock.monotonicMs()
    const waitMs = this.#lastFlushMs + this.#deps.lingerMs() - nowMs
    if (isFull) this.#flush(nowMs)
    else if (this.#isDraining || waitMs <= 0) this.#flushAtEndOfTick()
    else this.#setTimer(waitMs)
  }

  /** One socket read yields many frames: send the first one together with the others. */
  #flushAtEndOfTick(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    this.#deps.defer(() => {
      this.#isFlushDue = false
      if (this.#attempt !== null || this.#isClosed || this.queue.waitingRecords === 0) return
      this.#flush(this.#deps.clock.monotonicMs())
    })
  }

  #flush(nowMs: number): void {
    this.#cancelTimer()
    const { transport, clock, counts, metrics, onFlush } = this.#deps
    // What failed before may fail again, and must not take other partitions with it.
    const isAlone = this.#limits.isProbing || this.#failures > 0
    const bytesBefore = this.queue.waitingBytes
    const batch = this.queue.dequeue(this.#limits.maxRecords, this.#limits.maxBytes)
    const frames = countFrames(batch)
    counts.queuedFrames -= frames
    counts.inFlightFrames += frames
    metrics.batchRecords.observe(batch.length)
    this.#lastFlushMs = nowMs
    const attempt: Attempt = {
      batch,
      bytes: bytesBefore - this.queue.waitingBytes,
      sentMonotonicMs: nowMs,
      deadline: clock.setTimer(() => this.#giveUp(attempt), SEND_DEADLINE_MS),
    }
    this.#attempt = attempt
    transport.send(this.#options.partition, batch, { isAlone }).then(
      () => this.#acknowledged(attempt),
      (error: unknown) => this.#failed(attempt, error),
    )
    onFlush()
  }

  #acknowledged(attempt: Attempt): void {
    if (!this.#settle(attempt)) return
    this.#failures = 0
    this.#limits.acknowledged(attempt.batch.length)
    const { counts, metrics, clock } = this.#deps
    const { frames, checkpoints } = counts.series
    const acknowledgedMonotonicMs = clock.monotonicMs()
    this.#acknowledgedMs = acknowledgedMonotonicMs
    const toAckSeconds = (acknowledgedMonotonicMs - attempt.sentMonotonicMs) / 1000
    const { partition, hasLag } = this.#options
    let hasSampled = false
    for (const record of attempt.batch) {
      if (!isCounted(record)) {
        checkpoints.add()
        continue
      }
      frames.add()
      counts.inFlightFrames -= 1
      if (hasLag) {
        metrics.receiveToSend.observe((attempt.sentMonotonicMs - record.receivedMonotonicMs) / 1000)
        metrics.sendToAck.observe(toAckSeconds)
      }
      if (record.sampled !== undefined) hasSampled = true
    }
    if (hasSampled) {
      const sent = { ...attempt, partition, acknowledgedMonotonicMs }
      endSendSpans(sent, hasLag ? metrics : null, clock.nowMs())
    }
    this.queue.release()
    this.#deps.onReleased(attempt.bytes)
    this.#deps.onOutcome(null)
    this.#wake()
  }

  #giveUp(attempt: Attempt): void {
    if (this.#attempt !== attempt) return
    this.#failed(attempt, new SendError('timeout', `no response within ${SEND_DEADLINE_MS} ms`))
    this.#deps.transport.abandon()
  }

  #failed(attempt: Attempt, thrown: unknown): void {
    if (!this.#settle(attempt)) return
    const error =
      thrown instanceof SendError
        ? thrown
        : new SendError('broker', messageOf(thrown), { cause: thrown })
    const { counts } = this.#deps
    counts.series.errors[error.reason].add()
    const frames = countFrames(attempt.batch)
    counts.inFlightFrames -= frames
    if (error.refusal === null) {
      this.#putBack(attempt, frames)
      this.#backOff()
    } else this.#refused(attempt, frames, error, error.refusal)
    this.#deps.onOutcome(error)
    this.#wake()
  }

  /**
   * Retries the parts at once. Drops a single rejected record, as it would block all records behind
   * it.
   */
  #refused(attempt: Attempt, frames: number, error: SendError, refusal: Refusal): void {
    this.#failures = 0
    this.#lastFlushMs = Number.NEGATIVE_INFINITY
    if (!this.#limits.refused(attempt.batch, attempt.bytes, refusal)) {
      this.#putBack(attempt, frames)
      return
    }
    this.queue.release()
    this.#deps.onReleased(attempt.bytes)
    for (const record of attempt.batch) this.#deps.onRefused(record, refusal, error)
  }

  #putBack(attempt: Attempt, frames: number): void {
    this.#deps.counts.queuedFrames += frames
    this.queue.putBack(attempt.batch)
  }

  #backOff(): void {
    if (this.#isClosed) return
    const waitMs = exponentialDelayMs(RETRY_MIN_MS, RETRY_MAX_MS, this.#failures)
    this.#failures += 1
    this.#setTimer(waitMs)
  }

  #setTimer(delayMs: number): void {
    this.#cancelTimer()
    this.#timer = this.#deps.clock.setTimer(() => {
      this.#timer = null
      if (this.queue.waitingRecords > 0) this.#flush(this.#deps.clock.monotonicMs())
    }, delayMs)
  }

  #cancelTimer(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Ends an attempt; false if it was given up before, so that its outcome is ignored. */
  #settle(attempt: Attempt): boolean {
    if (this.#attempt !== attempt) return false
    attempt.deadline.cancel()
    this.#attempt = null
    return true
  }
}

function countFrames(records: readonly OutgoingRecord[]): number {
  let frames = 0
  for (const record of records) if (isCounted(record)) frames += 1
  return frames
}

/** An acknowledged batch. */
export interface SentBatch {
  readonly batch: readonly OutgoingRecord[]
  readonly partition: number
  readonly sentMonotonicMs: number
  readonly acknowledgedMonotonicMs: number
}

/**
 * Ends the spans of the sampled records of a batch, and sets them as exemplars of the send stages.
 * @param metrics null for frames whose lag is not observed
 * @param nowMs epoch ms
 */
function endSendSpans(
  { batch, partition, sentMonotonicMs, acknowledgedMonotonicMs }: SentBatch,
  metrics: Pick<ProducerMetrics, 'receiveToSend' | 'sendToAck'> | null,
  nowMs: number,
): void {
  const sampled = batch.flatMap((record) => record.sampled ?? [])
  const times = {
    partition,
    batchRecords: batch.length,
    sampled,
    sentMonotonicMs,
    acknowledgedMonotonicMs,
  }
  const toAckSeconds = (acknowledgedMonotonicMs - sentMonotonicMs) / 1000
  for (const record of batch) {
    if (record.sampled === undefined) continue
    record.sampled.acknowledge(times)
    const { traceId } = record.sampled
    const toSendSeconds = (sentMonotonicMs - record.receivedMonotonicMs) / 1000
    metrics?.receiveToSend.setExemplar(toSendSeconds, traceId, nowMs)
    metrics?.sendToAck.setExemplar(toAckSeconds, traceId, nowMs)
  }
}
