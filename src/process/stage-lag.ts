import type { BookFrame } from '../model/frame.ts'
import type { TopicRecord } from '../model/topic.ts'
import { DelayFloor } from './delay-floor.ts'
import type { ExchangeClock } from './exchange-clock.ts'
import type { Instant } from './instant.ts'
import type { ProcessMetrics } from './metrics.ts'

/** Clocks tick in whole milliseconds: so much below zero is rounding, not skew. */
const TICK_MS = 1

export interface StageLagDeps {
  metrics: Pick<
    ProcessMetrics,
    'receiveToConsume' | 'consumeToPublish' | 'receiveToPublish' | 'total' | 'clockSkewEvents'
  >
  exchangeClock: ExchangeClock
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
  observe(record: TopicRecord, frame: BookFrame, isNews: boolean, now: Instant): void {
    const { metrics, exchangeClock } = this.#deps
    const delayMs = record.arrivedTimeMs - record.timestampMs
    this.floor.observe(delayMs, record.arrivedMonotonicMs)
    if (delayMs < -TICK_MS) metrics.clockSkewEvents.add()
    const toConsumeMs = Math.max(0, delayMs)
    const toPublishMs = now.monotonicMs - record.arrivedMonotonicMs
    metrics.receiveToConsume.observe(toConsumeMs / 1000)
    metrics.consumeToPublish.observe(toPublishMs / 1000)
    metrics.receiveToPublish.observe((toConsumeMs + toPublishMs) / 1000)
    const { offsetMs } = exchangeClock
    if (!isNews || offsetMs === null) return
    const toReceiveMs = Math.max(0, record.timestampMs + offsetMs - frame.exchangeTimeMs)
    metrics.total.observe((toReceiveMs + toConsumeMs + toPublishMs) / 1000)
  }
}
