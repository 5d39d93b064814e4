import type { TopicRecord } from '../model/topic.ts'
import { CLOCK_TICK_MS, type Instant } from '../time/clock.ts'
import type { BookRecord } from './checkpoint.ts'
import type { PublicationTimes } from './exchange-clock.ts'
import type { ProcessMetrics } from './metrics.ts'

export interface RecordLagDeps {
  metrics: Pick<
    ProcessMetrics,
    'receiveToConsume' | 'consumeToPublish' | 'receiveToPublish' | 'total' | 'clockSkewEvents'
  >
}

/**
 * Observes the lag of ordinary records from the exchange to readable values. The part through the
 * topic spans two hosts and assumes that their wall clocks agree; a negative value is clamped to 0
 * and counted as skew. Its floor shows how far the clocks differ.
 */
export class RecordLag {
  readonly floor = new DelayFloor()
  readonly #deps: RecordLagDeps

  constructor(deps: RecordLagDeps) {
    this.#deps = deps
  }

  /** Observes `receive_to_consume`. Call for each ordinary record. */
  observeArrival({ record, topicDelayMs: delayMs }: BookRecord): void {
    const { metrics } = this.#deps
    this.floor.observe(delayMs, record.arrivedMonotonicMs)
    if (delayMs < -CLOCK_TICK_MS) metrics.clockSkewEvents.add()
    metrics.receiveToConsume.observe(Math.max(0, delayMs) / 1000)
  }

  /**
   * Observes the stages up to the publication. Call for each ordinary record that changed values; a
   * duplicate publishes nothing. Returns the total lag, ms; null if the exchange's part is unknown.
   * @param exchangeToReceiveMs null if unknown, and for the first frame of a book that was not
   *   live: it carries the time of an old change, which is no lag
   */
  observePublication(published: StageLag, exchangeToReceiveMs: number | null): number | null {
    const { metrics } = this.#deps
    const { consumeToPublishMs, receiveToPublishMs } = published
    metrics.consumeToPublish.observe(consumeToPublishMs / 1000)
    metrics.receiveToPublish.observe(receiveToPublishMs / 1000)
    const totalMs = exchangeToReceiveMs === null ? null : exchangeToReceiveMs + receiveToPublishMs
    if (totalMs !== null) metrics.total.observe(totalMs / 1000)
    return totalMs
  }

  /**
   * Sets an observed record as the exemplar of the buckets of its lags. `totalMs` null: unknown.
   */
  setExemplar(published: StageLag, totalMs: number | null, traceId: string, now: Instant): void {
    const { metrics } = this.#deps
    const { receiveToConsumeMs, consumeToPublishMs, receiveToPublishMs } = published
    metrics.receiveToConsume.setExemplar(receiveToConsumeMs / 1000, traceId, now.wallMs)
    metrics.consumeToPublish.setExemplar(consumeToPublishMs / 1000, traceId, now.wallMs)
    metrics.receiveToPublish.setExemplar(receiveToPublishMs / 1000, traceId, now.wallMs)
    if (totalMs !== null) metrics.total.setExemplar(totalMs / 1000, traceId, now.wallMs)
  }
}

/**
 * Delay from the receipt of a frame by its producer to its arrival here, ms. By one monotonic clock
 * if the topic is inside the process; otherwise by two wall clocks, in whole milliseconds, and
 * negative if they disagree.
 */
export function topicDelayMs(record: TopicRecord): number {
  const { receivedMonotonicMs, arrivedMonotonicMs, arrivedTimeMs, timestampMs } = record
  return receivedMonotonicMs === undefined
    ? arrivedTimeMs - timestampMs
    : arrivedMonotonicMs - receivedMonotonicMs
}

const SPAN_MS = 300_000
const SLOT_MS = 10_000
const SLOTS = SPAN_MS / SLOT_MS

/**
 * Minimum delay between a producer's clock and the local one over the last five minutes, signed:
 * the minimum transit time of the topic plus the difference of the clocks, by which a wrong clock
 * is noticed.
 */
export class DelayFloor {
  /** Minimum per slot of ten seconds, in a ring. */
  readonly #minimums = new Float64Array(SLOTS).fill(Number.POSITIVE_INFINITY)
  /** Number of the newest slot since the start of the monotonic clock. */
  #slot = Number.NEGATIVE_INFINITY

  /**
   * @param delayMs arrival here minus receipt by the producer, as of `topicDelayMs`
   */
  observe(delayMs: number, monotonicMs: number): void {
    this.#advance(monotonicMs)
    const index = this.#slot % SLOTS
    if (delayMs < (this.#minimums[index] ?? 0)) this.#minimums[index] = delayMs
  }

  /** Minimum delay, ms, may be negative; null if nothing was observed within five minutes. */
  read(monotonicMs: number): number | null {
    this.#advance(monotonicMs)
    const least = Math.min(...this.#minimums)
    return Number.isFinite(least) ? least : null
  }

  #advance(monotonicMs: number): void {
    const slot = Math.floor(monotonicMs / SLOT_MS)
    const passed = Math.min(SLOTS, slot - this.#slot)
    for (let back = 0; back < passed; back += 1) {
      this.#minimums[(slot - back) % SLOTS] = Number.POSITIVE_INFINITY
    }
    this.#slot = slot
  }
}

/** Lag of a published record through topic and consumer, ms; the first two add up to the third. */
export interface StageLag {
  readonly receiveToConsumeMs: number
  readonly consumeToPublishMs: number
  readonly receiveToPublishMs: number
}

/**
 * Position, timestamps (epoch ms) and lag of the record that changed the book last. One object per
 * book, rewritten for each record.
 */
export class Publication implements PublicationTimes, StageLag {
  isCheckpoint = false
  exchangeTimeMs = 0
  timestampMs = 0
  publishedTimeMs = 0
  receiveToConsumeMs = 0
  consumeToPublishMs = 0
  receiveToPublishMs = 0
  topic = ''
  partition = 0
  offset = ''

  /** @param now when the record's values became readable */
  set({ record, frame, checkpoint, topicDelayMs: delayMs }: BookRecord, now: Instant): void {
    this.isCheckpoint = checkpoint !== null
    this.exchangeTimeMs = frame.exchangeTimeMs
    this.publishedTimeMs = now.wallMs
    this.receiveToConsumeMs = Math.max(0, delayMs)
    this.consumeToPublishMs = now.monotonicMs - record.arrivedMonotonicMs
    this.receiveToPublishMs = this.receiveToConsumeMs + this.consumeToPublishMs
    this.timestampMs = record.timestampMs
    this.topic = record.topic
    this.partition = record.partition
    this.offset = record.offset
  }
}
