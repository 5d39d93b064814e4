import type { TopicRecord } from '../model/topic.ts'
import type { PublicationTimes } from './exchange-clock.ts'
import type { Instant } from './instant.ts'
import { consumeToPublishMs, receiveToConsumeMs } from './topic-delay.ts'

/** The stamps of the record that made the values; written anew by each, as records come in floods. */
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
