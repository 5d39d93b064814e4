import { CLOCK_TICK_MS } from '../model/clock.ts'
import type { TopicRecord } from '../model/topic.ts'
import { DelayFloor } from './delay-floor.ts'
import type { Instant } from './instant.ts'
import type { ProcessMetrics } from './metrics.ts'
import { consumeToPublishMs, receiveToConsumeMs, topicDelayMs } from './topic-delay.ts'

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
