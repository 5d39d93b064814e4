import { CLOCK_TICK_MS } from '../model/clock.ts'
import type { BookFrame } from '../model/frame.ts'
import type { TopicRecord } from '../model/topic.ts'
import { DelayFloor } from './delay-floor.ts'
import type { ExchangeClock } from './exchange-clock.ts'
import type { Instant } from './instant.ts'
import type { ProcessMetrics } from './metrics.ts'

export interface StageLagDeps {
  metrics: Pick<
    ProcessMetrics,
    'receiveToConsume' | 'consumeToPublish' | 'receiveToPublish' | 'total' | 'clockSkewEvents'
  >
  exchangeClock: ExchangeClock
}

/** What one record took, ms. */
export interface RecordLag {
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
export class StageLag {
  readonly floor = new DelayFloor()
  readonly #deps: StageLagDeps

  constructor(deps: StageLagDeps) {
    this.#deps = deps
  }

  /**
   * @param isNews false for what the exchange may have held back: the first frame of a book that was
   *   not live carries the time of a change long ago, which is no lag
   * @param now the moment from which the record's values can be read
   */
  observe(record: TopicRecord, frame: BookFrame, isNews: boolean, now: Instant): RecordLag {
    const { metrics } = this.#deps
    const delayMs = record.arrivedTimeMs - record.timestampMs
    this.floor.observe(delayMs, record.arrivedMonotonicMs)
    if (delayMs < -CLOCK_TICK_MS) metrics.clockSkewEvents.add()
    const receiveToConsumeMs = Math.max(0, delayMs)
    const consumeToPublishMs = now.monotonicMs - record.arrivedMonotonicMs
    const receiveToPublishMs = receiveToConsumeMs + consumeToPublishMs
    metrics.receiveToConsume.observe(receiveToConsumeMs / 1000)
    metrics.consumeToPublish.observe(consumeToPublishMs / 1000)
    metrics.receiveToPublish.observe(receiveToPublishMs / 1000)
    const totalMs = isNews ? this.#totalMs(record, frame, receiveToPublishMs) : null
    if (totalMs !== null) metrics.total.observe(totalMs / 1000)
    return { receiveToConsumeMs, consumeToPublishMs, receiveToPublishMs, totalMs }
  }

  /** Makes a record that was observed the exemplar of its buckets: its trace tells where the time went. */
  mark(lag: RecordLag, traceId: string, now: Instant): void {
    const { metrics } = this.#deps
    metrics.receiveToConsume.mark(lag.receiveToConsumeMs / 1000, traceId, now.wallMs)
    metrics.consumeToPublish.mark(lag.consumeToPublishMs / 1000, traceId, now.wallMs)
    metrics.receiveToPublish.mark(lag.receiveToPublishMs / 1000, traceId, now.wallMs)
    if (lag.totalMs !== null) metrics.total.mark(lag.totalMs / 1000, traceId, now.wallMs)
  }

  #totalMs(record: TopicRecord, frame: BookFrame, receiveToPublishMs: number): number | null {
    const { offsetMs } = this.#deps.exchangeClock
    if (offsetMs === null) return null
    return Math.max(0, record.timestampMs + offsetMs - frame.exchangeTimeMs) + receiveToPublishMs
  }
}
