import type { TopicRecord } from '../model/topic.ts'
import { CLOCK_TICK_MS, type Instant } from '../time/clock.ts'
import type { PublicationTimes } from './exchange-clock.ts'
import type { ProcessMetrics } from './metrics.ts'

export interface RecordLagDeps {
  metrics: Pick<
    ProcessMetrics,
    'receiveToConsume' | 'consumeToPublish' | 'receiveToPublish' | 'total' | 'clockSkewEvents'
  >
}

/** Stages of the lag of one record, ms. */
export interface LagParts {
  readonly receiveToConsumeMs: number
  readonly consumeToPublishMs: number
  readonly receiveToPublishMs: number
  /** null if the exchange's part is unknown. */
  readonly totalMs: number | null
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

  /** Call for each ordinary record. */
  observeArrival(record: TopicRecord): void {
    const { metrics } = this.#deps
    const delayMs = topicDelayMs(record)
    this.floor.observe(delayMs, record.arrivedMonotonicMs)
    if (delayMs < -CLOCK_TICK_MS) metrics.clockSkewEvents.add()
    metrics.receiveToConsume.observe(receiveToConsumeMs(record) / 1000)
  }

  /**
   * Call for each ordinary record that changed values; a duplicate publishes nothing.
   * @param exchangeToReceiveMs null if unknown, and for the first frame of a book that was not
   *   live: it carries the time of an old change, which is no lag
   * @param now when the record's values became readable
   */
  observePublication(
    record: TopicRecord,
    exchangeToReceiveMs: number | null,
    now: Instant,
  ): LagParts {
    const { metrics } = this.#deps
    const lag = {
      receiveToConsumeMs: receiveToConsumeMs(record),
      consumeToPublishMs: consumeToPublishMs(record, now),
    }
    const receiveToPublishMs = lag.receiveToConsumeMs + lag.consumeToPublishMs
    metrics.consumeToPublish.observe(lag.consumeToPublishMs / 1000)
    metrics.receiveToPublish.observe(receiveToPublishMs / 1000)
    const totalMs = exchangeToReceiveMs === null ? null : exchangeToReceiveMs + receiveToPublishMs
    if (totalMs !== null) metrics.total.observe(totalMs / 1000)
    return { ...lag, receiveToPublishMs, totalMs }
  }

  /** Sets a record that was observed as the exemplar of its buckets. */
  setExemplar(lag: LagParts, traceId: string, now: Instant): void {
    const { metrics } = this.#deps
    metrics.receiveToConsume.setExemplar(lag.receiveToConsumeMs / 1000, traceId, now.wallMs)
    metrics.consumeToPublish.setExemplar(lag.consumeToPublishMs / 1000, traceId, now.wallMs)
    metrics.receiveToPublish.setExemplar(lag.receiveToPublishMs / 1000, traceId, now.wallMs)
    if (lag.totalMs !== null) metrics.total.setExemplar(lag.totalMs / 1000, traceId, now.wallMs)
  }
}

/**
 * Delay from the receipt of a frame by its producer to its arrival here, ms. By one monotonic clock
 * if the topic is inside the process; otherwise by two wall clocks, in whole milliseconds, and
 * negative if they disagree.
 */
function topicDelayMs(record: TopicRecord): number {
  const { receivedMonotonicMs, arrivedMonotonicMs, arrivedTimeMs, timestampMs } = record
  return receivedMonotonicMs === undefined
    ? arrivedTimeMs - timestampMs
    : arrivedMonotonicMs - receivedMonotonicMs
}

/** The same delay as a lag: never negative. */
function receiveToConsumeMs(record: TopicRecord): number {
  return Math.max(0, topicDelayMs(record))
}

/** Delay from the arrival of the record until its values are readable at `now`. */
function consumeToPublishMs(record: TopicRecord, now: Instant): number {
  return now.monotonicMs - record.arrivedMonotonicMs
}

const SPAN_MS = 300_000
const SLOT_MS = 10_000
const SLOTS = SPAN_MS / SLOT_MS

/**
 * Minimum delay between a producer's clock and the local one over the last five minutes, signed:
 * the minimum transit time of the topic plus the difference of the clocks. A wrong clock shows
 * here.
 */
export class DelayFloor {
  /** Minimum per slot of ten seconds, in a ring. */
  readonly #least = new Float64Array(SLOTS).fill(Number.POSITIVE_INFINITY)
  /** Number of the newest slot since the start of the monotonic clock. */
  #slot = Number.NEGATIVE_INFINITY

  /**
   * @param delayMs arrival here minus receipt at the producer; by two wall clocks if they are two
   *   processes
   */
  observe(delayMs: number, monotonicMs: number): void {
    this.#advance(monotonicMs)
    const index = this.#slot % SLOTS
    if (delayMs < (this.#least[index] ?? 0)) this.#least[index] = delayMs
  }

  /** null if nothing was observed within five minutes. */
  read(monotonicMs: number): number | null {
    this.#advance(monotonicMs)
    const least = Math.min(...this.#least)
    return Number.isFinite(least) ? least : null
  }

  #advance(monotonicMs: number): void {
    const slot = Math.floor(monotonicMs / SLOT_MS)
    const passed = Math.min(SLOTS, slot - this.#slot)
    for (let back = 0; back < passed; back += 1) {
      this.#least[(slot - back) % SLOTS] = Number.POSITIVE_INFINITY
    }
    this.#slot = slot
  }
}

/** Timestamps of the record that made the values; one object, rewritten for each record. */
export class Publication implements PublicationTimes {
  isCheckpoint = false
  exchangeTimeMs = 0
  timestampMs = 0
  publishedTimeMs = 0
  receiveToPublishMs = 0
  topic = ''
  partition = 0
  offset = ''

  /** @param exchangeTimeMs of the record's frame */
  set(
    record: TopicRecord,
    made: { isCheckpoint: boolean; exchangeTimeMs: number },
    now: Instant,
  ): void {
    this.isCheckpoint = made.isCheckpoint
    this.exchangeTimeMs = made.exchangeTimeMs
    this.publishedTimeMs = now.wallMs
    this.receiveToPublishMs = receiveToConsumeMs(record) + consumeToPublishMs(record, now)
    this.timestampMs = record.timestampMs
    this.topic = record.topic
    this.partition = record.partition
    this.offset = record.offset
  }
}
