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

/** What one record took, ms. */
export interface LagParts {
  readonly receiveToConsumeMs: number
  readonly consumeToPublishMs: number
  readonly receiveToPublishMs: number
  /** null where the exchange's part is not known. */
  readonly totalMs: number | null
}

/**
 * The lag of ordinary records from the exchange to readable values. The way through the topic spans two
 * hosts and trusts that their wall clocks agree; below zero it counts as 0 and as skew, and its floor
 * shows by how much they do not.
 */
export class RecordLag {
  readonly floor = new DelayFloor()
  readonly #deps: RecordLagDeps

  constructor(deps: RecordLagDeps) {
    this.#deps = deps
  }

  /** To be told of each ordinary record. */
  observeArrival(record: TopicRecord): void {
    const { metrics } = this.#deps
    const delayMs = topicDelayMs(record)
    this.floor.observe(delayMs, record.arrivedMonotonicMs)
    if (delayMs < -CLOCK_TICK_MS) metrics.clockSkewEvents.add()
    metrics.receiveToConsume.observe(receiveToConsumeMs(record) / 1000)
  }

  /**
   * To be told of those of them that made values: a repeated record publishes nothing.
   * @param exchangeToReceiveMs null where it is not known, and for what the exchange may have held back:
   *   the first frame of a book that was not live carries the time of a change long ago, which is no lag
   * @param now the moment from which the record's values can be read
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

  /** Makes a record that was observed the exemplar of its buckets: its trace tells where the time went. */
  setExemplar(lag: LagParts, traceId: string, now: Instant): void {
    const { metrics } = this.#deps
    metrics.receiveToConsume.setExemplar(lag.receiveToConsumeMs / 1000, traceId, now.wallMs)
    metrics.consumeToPublish.setExemplar(lag.consumeToPublishMs / 1000, traceId, now.wallMs)
    metrics.receiveToPublish.setExemplar(lag.receiveToPublishMs / 1000, traceId, now.wallMs)
    if (lag.totalMs !== null) metrics.total.setExemplar(lag.totalMs / 1000, traceId, now.wallMs)
  }
}

/**
 * From the receipt of a frame by its producer until this process had the record, ms. By one monotonic
 * clock where the topic is inside the process; else by two wall clocks, in whole milliseconds, and below
 * zero where these do not agree.
 */
function topicDelayMs(record: TopicRecord): number {
  const { receivedMonotonicMs, arrivedMonotonicMs, arrivedTimeMs, timestampMs } = record
  return receivedMonotonicMs === undefined
    ? arrivedTimeMs - timestampMs
    : arrivedMonotonicMs - receivedMonotonicMs
}

/** The same as a lag: never below zero. */
function receiveToConsumeMs(record: TopicRecord): number {
  return Math.max(0, topicDelayMs(record))
}

/** From having the record until its values can be read, at `now`. */
function consumeToPublishMs(record: TopicRecord, now: Instant): number {
  return now.monotonicMs - record.arrivedMonotonicMs
}

const SPAN_MS = 300_000
const SLOT_MS = 10_000
const SLOTS = SPAN_MS / SLOT_MS

/**
 * The least delay between a producer's clock and ours over the last five minutes, signed: what the topic
 * takes at best, plus how far the clocks of the two hosts are apart. A clock that is wrong shows here.
 */
export class DelayFloor {
  /** Least value of each slot of ten seconds, in a ring. */
  readonly #least = new Float64Array(SLOTS).fill(Number.POSITIVE_INFINITY)
  /** Number of the newest slot since the beginning of the monotonic clock. */
  #slot = Number.NEGATIVE_INFINITY

  /** @param delayMs arrival here minus receipt at the producer, by the wall clock of each where they are two processes */
  observe(delayMs: number, monotonicMs: number): void {
    this.#advance(monotonicMs)
    const index = this.#slot % SLOTS
    if (delayMs < (this.#least[index] ?? 0)) this.#least[index] = delayMs
  }

  /** null where nothing was observed within five minutes. */
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

/** The stamps of the record that made the values; rewritten by each, as records come in floods. */
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
